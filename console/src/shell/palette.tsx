import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Collection } from "react-aria-components/Collection";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { TextField } from "react-aria-components/TextField";
import { scopes } from "../api/generated/scopes";
import { hasScope } from "../api/permissions";
import { meQuery } from "../api/queries";
import { chooseTheme } from "../ui/theme";
import { parsePrn } from "../words/prns";
import { useActions } from "./actions";
import { useLookup } from "./lookup";
import styles from "./palette.module.css";
import { PLACES } from "./places";

interface Entry {
	id: string;
	words: string;
	hint: string;
	onAction: () => void;
}

interface PaletteProps {
	isOpen: boolean;
	onClose: () => void;
	openHelp: () => void;
	signOut: () => void;
}

interface Group {
	title: string;
	entries: Entry[];
}

/** The places and actions of the palette. */
function useEntries({ openHelp, signOut }: PaletteProps): Entry[] {
	const navigate = useNavigate();
	const { data } = useQuery(meQuery);
	const actions = useActions();
	const granted = data?.user.scopes ?? [];
	const places = PLACES.filter(({ needs }) => !needs || hasScope(granted, scopes[needs]));
	return [
		...actions.map(({ words, onAction }) => ({ id: words, words, hint: "on this page", onAction })),
		...places.map(({ to, words, key }) => ({ id: to, words, hint: `g ${key}`, onAction: () => void navigate({ to }) })),
		{ id: "light", words: "Light theme", hint: "", onAction: () => chooseTheme("light") },
		{ id: "dark", words: "Dark theme", hint: "", onAction: () => chooseTheme("dark") },
		{ id: "system", words: "Theme of the system", hint: "", onAction: () => chooseTheme("system") },
		{ id: "keys", words: "Show all keys", hint: "?", onAction: openHelp },
		{ id: "sign-out", words: "Sign out", hint: "", onAction: signOut },
	];
}

function matches(words: string, typed: string): boolean {
	const lower = words.toLowerCase();
	return typed
		.toLowerCase()
		.split(/\s+/)
		.every((part) => lower.includes(part));
}

/** A group of entries with a heading, unless it is empty. */
function groupOf(title: string, entries: Entry[]): Group[] {
	return entries.length > 0 ? [{ title, entries }] : [];
}

/** Everything that a text finds: places and actions by their names, then records by the server's lookup. */
function useGroups(props: PaletteProps, text: string): { groups: Group[]; isWaiting: boolean } {
	const navigate = useNavigate();
	const entries = useEntries(props).filter(({ words }) => matches(words, text));
	const { groups, isWaiting } = useLookup(text);
	const toPrn = (prn: string) => () => void navigate({ to: "/prn/$prn", params: { prn } });
	const records = groups.flatMap(({ title, found }) =>
		groupOf(
			title,
			found.map(({ prn, words, hint }) => ({ id: prn, words, hint, onAction: toPrn(prn) })),
		),
	);
	const search = (): void => void navigate({ to: "/devices", search: { q: text } });
	const jumps: Entry[] = [];
	// A lookup does not find every kind of record, and Enter must only open the entry that is shown.
	if (!isWaiting && records.length === 0 && parsePrn(text))
		jumps.push({ id: "prn", words: `Open ${text}`, hint: "PRN", onAction: toPrn(text) });
	else if (!isWaiting && text)
		jumps.push({ id: "search", words: `Search devices for ${text}`, hint: "", onAction: search });
	return { groups: [...groupOf("Places and actions", entries), ...records, ...groupOf("Search", jumps)], isWaiting };
}

/** The command palette: places, the page's actions, and records, with the keyboard. */
export function Palette(props: PaletteProps): ReactNode {
	const [typed, setTyped] = useState("");
	const close = (): void => {
		setTyped("");
		props.onClose();
	};
	return (
		<ModalOverlay
			className={styles.scrim ?? ""}
			isOpen={props.isOpen}
			isDismissable
			onOpenChange={(open) => {
				if (!open) close();
			}}
		>
			<Modal className={styles.modal ?? ""}>
				<AriaDialog aria-label="Go to" className={styles.dialog ?? ""}>
					<Autocomplete inputValue={typed} onInputChange={setTyped}>
						<TextField aria-label="Search places, actions and records" autoFocus>
							<Input
								className={styles.input ?? ""}
								placeholder="A place, an action, a name, or a PRN, hash, key id, fingerprint"
								spellCheck="false"
							/>
						</TextField>
						<Results {...props} text={typed.trim()} onChosen={close} />
					</Autocomplete>
				</AriaDialog>
			</Modal>
		</ModalOverlay>
	);
}

function Results({ text, onChosen, ...props }: PaletteProps & { text: string; onChosen: () => void }): ReactNode {
	const { groups, isWaiting } = useGroups(props, text);
	const none = isWaiting ? "Looking…" : "Nothing by this name.";
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
		<div className={styles.results} tabIndex={0} aria-busy={isWaiting}>
			<Menu
				aria-label="Results"
				className={styles.menu ?? ""}
				items={groups}
				renderEmptyState={() => <p className={styles.none}>{none}</p>}
			>
				{({ title, entries }) => (
					<MenuSection id={title} className={styles.group ?? ""}>
						<Header className={styles.heading ?? ""}>{title}</Header>
						<Collection items={entries}>
							{({ id, words, hint, onAction }) => (
								<MenuItem
									id={id}
									textValue={words}
									className={styles.item ?? ""}
									onAction={() => {
										onChosen();
										onAction();
									}}
								>
									<span className={styles.words}>{words}</span>
									<span className={styles.hint}>{hint}</span>
								</MenuItem>
							)}
						</Collection>
					</MenuSection>
				)}
			</Menu>
		</div>
	);
}

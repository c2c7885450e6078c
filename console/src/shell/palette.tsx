import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { TextField } from "react-aria-components/TextField";
import { scopes } from "../api/generated/scopes";
import { hasScope } from "../api/permissions";
import { meQuery } from "../api/queries";
import { chooseTheme } from "../ui/theme";
import { parsePrn } from "../words/prns";
import { useActions } from "./actions";
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

/** What can be gone to and done from here. */
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

/** Everything by its name, with the keyboard: places, the page's actions, and any record by its PRN or a device by its identifier. */
export function Palette(props: PaletteProps): ReactNode {
	const [typed, setTyped] = useState("");
	const navigate = useNavigate();
	const entries = useEntries(props);
	const text = typed.trim();
	const found = entries.filter(({ words }) => matches(words, text));
	const jumps: Entry[] = [];
	if (parsePrn(text)) {
		const onAction = () => void navigate({ to: "/prn/$prn", params: { prn: text } });
		jumps.push({ id: "prn", words: `Open ${text}`, hint: "PRN", onAction });
	} else if (text) {
		const onAction = () => void navigate({ to: "/devices", search: { q: text } });
		jumps.push({ id: "device", words: `Search devices for ${text}`, hint: "Devices", onAction });
	}
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
						<TextField aria-label="Search places and actions" autoFocus>
							<Input className={styles.input ?? ""} placeholder="A place, an action, or a PRN" spellCheck="false" />
						</TextField>
						{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
						<div className={styles.results} tabIndex={0}>
							<Menu
								aria-label="Results"
								className={styles.menu ?? ""}
								items={[...found, ...jumps]}
								renderEmptyState={() => <p className={styles.none}>Nothing by this name.</p>}
							>
								{({ id, words, hint, onAction }) => (
									<MenuItem
										id={id}
										textValue={words}
										className={styles.item ?? ""}
										onAction={() => {
											close();
											onAction();
										}}
									>
										<span className={styles.words}>{words}</span>
										<span className={styles.hint}>{hint}</span>
									</MenuItem>
								)}
							</Menu>
						</div>
					</Autocomplete>
				</AriaDialog>
			</Modal>
		</ModalOverlay>
	);
}

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { X } from "lucide-react";
import { type ReactNode, Suspense, useId } from "react";
import { Button } from "../../ui/button";
import { TimeField } from "../../ui/widgets";
import { kindInWords } from "../../words/kinds";
import { parsePrn, shortPrn } from "../../words/prns";
import { useActorNames, useActors } from "./actors";
import { whatHappened } from "./line";
import type { AuditSearch } from "./search";
import styles from "./trail_filters.module.css";
import { eventTypesQuery } from "./trail_queries";

/** Changes the page's address. */
export function useAuditChange(search: AuditSearch): (change: AuditSearch) => void {
	const navigate = useNavigate();
	return (change) => {
		const all = Object.entries({ ...search, ...change }).filter(([, value]) => Boolean(value));
		void navigate({ to: "/audit", search: Object.fromEntries(all), replace: true, resetScroll: false });
	};
}

const HOUR = 3_600_000;

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** Filters by actor, type, record, request and time. They are stored in the page's address. */
export function TrailFilters({ search }: { search: AuditSearch }): ReactNode {
	const change = useAuditChange(search);
	return (
		<search className={styles.filters}>
			<TypeChoice chosen={search.type ?? ""} onChange={(type) => change({ type, open: undefined })} />
			<ActorChoice chosen={search.actor ?? ""} onChange={(actor) => change({ actor, open: undefined })} />
			<RecordBox onChange={(about) => change({ about, open: undefined })} key={search.about} />
			<Suspense
				fallback={
					<>
						<div className={styles.time} />
						<div className={styles.time} />
					</>
				}
			>
				<div className={styles.time}>
					<TimeField
						label="From"
						value={search.from ?? null}
						onChange={(from) => change({ from: from ?? undefined })}
					/>
				</div>
				<div className={styles.time}>
					<TimeField label="To" value={search.to ?? null} onChange={(to) => change({ to: to ?? undefined })} />
				</div>
			</Suspense>
			<div className={styles.lately}>
				<Button onPress={() => change({ from: ago(HOUR), to: undefined })}>Last hour</Button>
				<Button onPress={() => change({ from: ago(24 * HOUR), to: undefined })}>Last day</Button>
				<Button onPress={() => change({ from: undefined, to: undefined })}>Any time</Button>
			</div>
			<Conditions search={search} change={change} />
		</search>
	);
}

interface ChoiceProps {
	chosen: string;
	onChange: (value: string) => void;
}

function TypeChoice({ chosen, onChange }: ChoiceProps): ReactNode {
	const id = useId();
	const { data: types = chosen ? [chosen] : [] } = useQuery(eventTypesQuery);
	const kinds = [...new Set(types.map((type) => type.split(".")[0] ?? ""))];
	return (
		<div className={styles.choice}>
			<label className={styles.label} htmlFor={id}>
				What
			</label>
			<select id={id} className={styles.select} value={chosen} onChange={({ target }) => onChange(target.value)}>
				<option value="">Everything</option>
				{kinds.map((kind) => (
					<optgroup key={kind} label={kindInWords(kind)}>
						{types
							.filter((type) => type.startsWith(`${kind}.`))
							.map((type) => (
								<option key={type} value={type}>
									{whatHappened(type)}
								</option>
							))}
					</optgroup>
				))}
			</select>
		</div>
	);
}

function ActorChoice({ chosen, onChange }: ChoiceProps): ReactNode {
	const id = useId();
	const actors = useActors();
	const nameOf = useActorNames();
	const isOther = chosen !== "" && chosen !== "system" && !actors.some(([prn]) => prn === chosen);
	return (
		<div className={styles.choice}>
			<label className={styles.label} htmlFor={id}>
				Who
			</label>
			<select id={id} className={styles.select} value={chosen} onChange={({ target }) => onChange(target.value)}>
				<option value="">Everybody</option>
				{isOther && <option value={chosen}>{nameOf(chosen)}</option>}
				{actors.map(([prn, name]) => (
					<option key={prn} value={prn}>
						{name}
					</option>
				))}
				<option value="system">The server</option>
			</select>
		</div>
	);
}

/** A record by its PRN. Other input stays in the field until it is a PRN. */
function RecordBox({ onChange }: { onChange: (prn: string) => void }): ReactNode {
	const id = useId();
	const take = (text: string): void => {
		if (parsePrn(text)) onChange(text.trim());
	};
	return (
		<div className={`${styles.choice} ${styles.record}`}>
			<label className={styles.label} htmlFor={id}>
				Record
			</label>
			<input
				id={id}
				className={styles.select}
				type="search"
				placeholder="Its PRN: prn:1:…"
				spellCheck="false"
				autoComplete="off"
				onChange={({ target }) => take(target.value)}
			/>
		</div>
	);
}

interface ConditionsProps {
	search: AuditSearch;
	change: (change: AuditSearch) => void;
}

function Conditions({ search, change }: ConditionsProps): ReactNode {
	const { about, request } = search;
	if (!about && !request) return null;
	return (
		<div className={styles.conditions}>
			{about && (
				<Condition onRemove={() => change({ about: undefined })}>
					about {kindInWords(parsePrn(about)?.kind ?? "record")} {shortPrn(about)}
				</Condition>
			)}
			{request && (
				<Condition onRemove={() => change({ request: undefined })}>of request {request.slice(0, 8)}…</Condition>
			)}
		</div>
	);
}

function Condition({ children, onRemove }: { children: ReactNode; onRemove: () => void }): ReactNode {
	return (
		<button type="button" className={styles.condition} onClick={onRemove}>
			{children}
			<X size={14} aria-hidden />
			<span className="visually-hidden">, remove this condition</span>
		</button>
	);
}

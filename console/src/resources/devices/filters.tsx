import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { parsePrn } from "../../words/prns";
import { cohortsQuery } from "../cohorts/queries";
import styles from "./filters.module.css";
import type { DevicesSearch } from "./search";

/** How long the search waits for more input. */
const PAUSE = 250;

const OUTCOMES = [
	["", "Any state"],
	["installed", "Installed"],
	["failed", "Failed"],
	["rolled_back", "Rolled back"],
	["downloading", "Downloading"],
	["installing", "Installing"],
] as const;

function useChange(search: DevicesSearch): (change: DevicesSearch) => void {
	const navigate = useNavigate();
	return (change) => {
		const given = Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== "");
		void navigate({ to: "/devices", search: Object.fromEntries(given) as DevicesSearch, replace: true });
	};
}

/** The search and the filters. They are stored in the page's address. */
export function DeviceFilters({ search }: { search: DevicesSearch }): ReactNode {
	const change = useChange(search);
	const { data: cohorts } = useQuery(cohortsQuery);
	return (
		<search className={styles.filters}>
			<SearchBox typed={search.q ?? ""} onSearch={(q) => change({ q })} />
			<label>
				<span className="visually-hidden">Cohort</span>
				<select
					className={styles.select}
					value={search.cohort ?? ""}
					onChange={({ target }) => change({ cohort: target.value })}
				>
					<option value="">Any cohort</option>
					{cohorts?.cohorts.map(({ prn, name, product }) => (
						<option key={prn} value={prn}>
							{product?.name}/{name}
						</option>
					))}
				</select>
			</label>
			<label>
				<span className="visually-hidden">State</span>
				<select
					className={styles.select}
					value={search.outcome ?? ""}
					onChange={({ target }) => change({ outcome: target.value })}
				>
					{OUTCOMES.map(([value, words]) => (
						<option key={value} value={value}>
							{words}
						</option>
					))}
				</select>
			</label>
			<label>
				<span className="visually-hidden">Sorted by</span>
				<select
					className={styles.select}
					value={search.sort ?? ""}
					onChange={({ target }) => change({ sort: target.value === "identifier" ? "identifier" : undefined })}
				>
					<option value="">Newest first</option>
					<option value="identifier">By identifier</option>
				</select>
			</label>
			<button
				type="button"
				className={styles.toggle}
				aria-pressed={search.quarantined ?? false}
				onClick={() => change({ quarantined: search.quarantined ? undefined : true })}
			>
				In quarantine
			</button>
			{search.version && (
				<button type="button" className={styles.chip} onClick={() => change({ version: undefined })}>
					runs {search.version}
					<X size={14} aria-hidden />
					<span className="visually-hidden">, remove this condition</span>
				</button>
			)}
		</search>
	);
}

function SearchBox({ typed, onSearch }: { typed: string; onSearch: (q: string) => void }): ReactNode {
	const [text, setText] = useState(typed);
	const navigate = useNavigate();
	const timer = useRef<number | undefined>(undefined);
	useEffect(() => setText(typed), [typed]);
	useEffect(() => () => window.clearTimeout(timer.current), []);
	const change = (next: string): void => {
		setText(next);
		window.clearTimeout(timer.current);
		if (parsePrn(next)) void navigate({ to: "/prn/$prn", params: { prn: next.trim() } });
		else timer.current = window.setTimeout(() => onSearch(next), PAUSE);
	};
	return (
		<label className={styles.box}>
			<span className="visually-hidden">Search devices</span>
			<Search size={16} className={styles.icon} aria-hidden />
			<input
				type="search"
				className={styles.input}
				value={text}
				onChange={({ target }) => change(target.value)}
				placeholder="Identifier, or tag:'beta'"
				spellCheck="false"
				autoCapitalize="none"
				autoComplete="off"
			/>
		</label>
	);
}

import { type ReactNode, useState } from "react";
import { Dialog } from "../ui/dialog";
import styles from "./key_help.module.css";
import { areKeysOn, switchKeys } from "./keys";
import { PLACES } from "./places";

const COMMON: readonly (readonly [string, string])[] = [
	["Ctrl K or ⌘ K", "Go anywhere, do anything"],
	["/", "Search on this page"],
	["?", "These keys"],
	["↑ ↓ ← →", "In a graph of releases: along the lines"],
	["i", "In a graph of releases: insert after the one with the focus"],
	["Esc", "Close what is open"],
];

/** All keyboard shortcuts, and the switch for single-letter ones. */
export function KeyHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactNode {
	const [areOn, setAreOn] = useState(areKeysOn);
	const places = PLACES.map(({ key, words }) => [`g ${key}`, words] as const);
	return (
		<Dialog title="Keys" isOpen={isOpen} onClose={onClose} isLight>
			<dl className={styles.keys}>
				{[...COMMON, ...places].map(([keys, words]) => (
					<div key={keys} className={styles.row}>
						<dt>
							<kbd className={styles.key}>{keys}</kbd>
						</dt>
						<dd>{words}</dd>
					</div>
				))}
			</dl>
			<label className={styles.switch}>
				<input
					type="checkbox"
					checked={areOn}
					onChange={(event) => {
						switchKeys(event.target.checked);
						setAreOn(event.target.checked);
					}}
				/>
				Keys that are a single letter are on
			</label>
		</Dialog>
	);
}

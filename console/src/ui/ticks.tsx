import { type ReactNode, useEffect, useRef } from "react";
import styles from "./ticks.module.css";

/** The selected rows, by their keys. */
export interface Ticks<Row> {
	isTicked: (key: string) => boolean;
	onTick: (keys: readonly string[], isTicked: boolean) => void;
	/** The name of a row, for screen readers. */
	nameOf: (row: Row) => string;
}

interface TickProps {
	label: string;
	isTicked: boolean;
	/** Some of the rows that it stands for are selected. */
	isPartly?: boolean;
	onTick: (isTicked: boolean, isFurther: boolean) => void;
}

function Tick({ label, isTicked, isPartly = false, onTick }: TickProps): ReactNode {
	const box = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (box.current) box.current.indeterminate = isPartly;
	}, [isPartly]);
	return (
		<label className={styles.tick}>
			<span className="visually-hidden">{label}</span>
			<input
				ref={box}
				type="checkbox"
				checked={isTicked}
				onChange={({ target, nativeEvent }) =>
					onTick(target.checked, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
				}
			/>
		</label>
	);
}

/** Selects all loaded rows. */
export function TickAll<Row>({ keys, ticks }: { keys: readonly string[]; ticks: Ticks<Row> }): ReactNode {
	const ticked = keys.filter(ticks.isTicked).length;
	const isAll = ticked > 0 && ticked === keys.length;
	return (
		<Tick
			label="Tick all rows that are shown"
			isTicked={isAll}
			isPartly={ticked > 0 && !isAll}
			onTick={(isTicked) => ticks.onTick(keys, isTicked)}
		/>
	);
}

/** Selects a row; with the shift key, all rows from the last selected one. */
export function TickRow({ name, ...rest }: Omit<TickProps, "label"> & { name: string }): ReactNode {
	return <Tick label={`Tick ${name}`} {...rest} />;
}

/** Handles the selection of the row at an index. `keysOf` returns the keys of the rows between two indexes. */
export function useTickRange<Row>(
	keysOf: (from: number, to: number) => readonly string[],
	ticks: Ticks<Row> | undefined,
): (index: number) => Pick<TickProps, "onTick"> {
	const last = useRef<number | null>(null);
	return (index) => ({
		onTick: (isTicked, isFurther) => {
			const from = isFurther ? (last.current ?? index) : index;
			last.current = index;
			ticks?.onTick(keysOf(Math.min(from, index), Math.max(from, index)), isTicked);
		},
	});
}

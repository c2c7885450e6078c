import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Fragment, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { GapRow, rowHeight } from "../gap_row";
import { BEYOND, indexOf, topOf, withFocused } from "./virtual_range";

interface VirtualRowsProps {
	count: number;
	/** Draws a row. It must put its index into `data-index`. */
	row: (index: number) => ReactNode;
}

interface Layout {
	/** The distance of the first row from the top of the document. */
	top: number;
	height: number;
}

/** The positions of rows, from those that are drawn: all rows of a table have the same height. */
function layoutOf(body: HTMLTableSectionElement, old: Layout): Layout {
	const top = topOf(body);
	const drawn = [...body.querySelectorAll<HTMLElement>("tr[data-index]")];
	const pair = drawn.findIndex((row, at) => Number(row.dataset.index) + 1 === Number(drawn[at + 1]?.dataset.index));
	const [one, next] = [drawn[pair], drawn[pair + 1]];
	const height = one && next ? next.getBoundingClientRect().top - one.getBoundingClientRect().top : old.height;
	const isSame = Math.abs(top - old.top) < 1 && Math.abs(height - old.height) < 0.1;
	return isSame ? old : { top, height };
}

/** The rows of a long table: only those in view are in the document, with gaps in place of the others. */
export function VirtualRows({ count, row }: VirtualRowsProps): ReactNode {
	const body = useRef<HTMLTableSectionElement>(null);
	const [layout, setLayout] = useState<Layout>(() => ({ top: 0, height: rowHeight() }));
	const [focused, setFocused] = useState<number | null>(null);
	const virtual = useWindowVirtualizer({
		count,
		estimateSize: () => layout.height,
		overscan: BEYOND,
		scrollMargin: layout.top,
		rangeExtractor: (range) => withFocused(range, focused),
	});
	// After each drawing, because the height of anything above the table may have changed.
	useLayoutEffect(() => {
		if (body.current) setLayout(layoutOf(body.current, layout));
	});
	// biome-ignore lint/correctness/useExhaustiveDependencies: a new height is what it is about
	useLayoutEffect(() => virtual.measure(), [virtual, layout.height]);
	const drawn = virtual.getVirtualItems().map(({ index }) => index);
	const gap = (rows: number): ReactNode => rows > 0 && <GapRow height={rows * layout.height} />;
	return (
		<tbody
			ref={body}
			onFocus={({ target }) => setFocused(indexOf(target))}
			onBlur={({ relatedTarget }) => relatedTarget && setFocused(indexOf(relatedTarget))}
		>
			{drawn.map((index, at) => (
				<Fragment key={index}>
					{gap(index - (drawn[at - 1] ?? -1) - 1)}
					{row(index)}
				</Fragment>
			))}
			{gap(count - (drawn.at(-1) ?? -1) - 1)}
		</tbody>
	);
}

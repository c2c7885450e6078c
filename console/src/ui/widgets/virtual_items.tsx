import { useWindowVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { Fragment, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { ItemPlace } from "../long_list";
import { BEYOND, indexOf, topOf, withFocused } from "./virtual_range";

interface VirtualItemsProps {
	label: string;
	className: string | undefined;
	keys: readonly string[];
	/** The usual height of an item. */
	height: number;
	item: (index: number, place: ItemPlace) => ReactNode;
}

/** A long list: only items in view are in the document, with gaps in place of the others. Items may have any height, and may grow. */
export function VirtualItems({ label, className, keys, height, item }: VirtualItemsProps): ReactNode {
	const list = useRef<HTMLUListElement>(null);
	const [top, setTop] = useState(0);
	const [focused, setFocused] = useState<number | null>(null);
	const virtual = useWindowVirtualizer<HTMLLIElement>({
		count: keys.length,
		estimateSize: () => height,
		getItemKey: (index) => keys[index] ?? index,
		overscan: BEYOND,
		scrollMargin: top,
		rangeExtractor: (range) => withFocused(range, focused),
	});
	// After each drawing, because the height of anything above the list may have changed.
	useLayoutEffect(() => {
		if (list.current && Math.abs(topOf(list.current) - top) >= 1) setTop(topOf(list.current));
	});
	const drawn = virtual.getVirtualItems();
	const last = drawn.at(-1);
	return (
		<ul
			ref={list}
			className={className}
			aria-label={label}
			onFocus={({ target }) => setFocused(indexOf(target))}
			onBlur={({ relatedTarget }) => relatedTarget && setFocused(indexOf(relatedTarget))}
		>
			{drawn.map(({ key, index, start }, at) => (
				<Fragment key={key}>
					<Gap height={start - endOf(drawn[at - 1], top)} />
					{item(index, {
						ref: virtual.measureElement,
						"data-index": index,
						"aria-posinset": index + 1,
						"aria-setsize": keys.length,
					})}
				</Fragment>
			))}
			<Gap height={virtual.getTotalSize() + top - endOf(last, top)} />
		</ul>
	);
}

const endOf = (before: VirtualItem | undefined, top: number): number => before?.end ?? top;

function Gap({ height }: { height: number }): ReactNode {
	return height > 0 && <li aria-hidden="true" style={{ height }} />;
}

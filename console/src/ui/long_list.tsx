import { type ReactNode, type Ref, Suspense } from "react";
import { VirtualItems } from "./widgets";

/** The attributes of an item's `li`. */
export interface ItemPlace {
	ref?: Ref<HTMLLIElement>;
	"data-index"?: number;
	"aria-posinset"?: number;
	"aria-setsize"?: number;
}

interface LongListProps<Item> {
	label: string;
	className: string | undefined;
	items: readonly Item[];
	itemKey: (item: Item) => string;
	/** The usual height of an item. */
	height: number;
	item: (item: Item, place: ItemPlace) => ReactNode;
}

/** If there are more items than this, only those in view are in the document. */
const MANY = 100;

/** A list that can be long, with items that are not table rows. */
export function LongList<Item>({ label, className, items, itemKey, height, item }: LongListProps<Item>): ReactNode {
	const draw = (index: number, place: ItemPlace): ReactNode => {
		const each = items[index];
		return each === undefined ? null : item(each, place);
	};
	const first = (
		<ul className={className} aria-label={label}>
			{items.slice(0, MANY).map((each) => item(each, {}))}
			{items.length > MANY && <li aria-hidden="true" style={{ height: (items.length - MANY) * height }} />}
		</ul>
	);
	if (items.length <= MANY) return first;
	return (
		<Suspense fallback={first}>
			<VirtualItems label={label} className={className} keys={items.map(itemKey)} height={height} item={draw} />
		</Suspense>
	);
}

import { ArrowDown, ArrowUp, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button";
import styles from "./order.module.css";

interface OrderProps {
	titles: readonly string[];
	onChange: (titles: string[]) => void;
}

function moved(titles: readonly string[], from: number, to: number): string[] {
	const next = [...titles];
	next.splice(to, 0, ...next.splice(from, 1));
	return next;
}

/** The versions in the order of the bundle. Buttons move them, so that this also works with the keyboard. */
export function Order({ titles, onChange }: OrderProps): ReactNode {
	return (
		<ol className={styles.order}>
			{titles.map((title, index) => (
				<li key={title} className={styles.entry}>
					<span className={styles.number} aria-hidden>
						{index + 1}
					</span>
					<span className={styles.title}>{title}</span>
					<Button
						size="small"
						look="quiet"
						aria-label={`Move ${title} up`}
						isDisabled={index === 0}
						onPress={() => onChange(moved(titles, index, index - 1))}
					>
						<ArrowUp size={14} aria-hidden />
					</Button>
					<Button
						size="small"
						look="quiet"
						aria-label={`Move ${title} down`}
						isDisabled={index === titles.length - 1}
						onPress={() => onChange(moved(titles, index, index + 1))}
					>
						<ArrowDown size={14} aria-hidden />
					</Button>
					<Button
						size="small"
						look="quiet"
						aria-label={`Take ${title} out`}
						onPress={() => onChange(titles.filter((each) => each !== title))}
					>
						<X size={14} aria-hidden />
					</Button>
				</li>
			))}
		</ol>
	);
}

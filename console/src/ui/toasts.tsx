import { Check, CircleAlert, Info, X } from "lucide-react";
import { type ReactNode, useSyncExternalStore } from "react";
import styles from "./toasts.module.css";

interface Toast {
	tone: "good" | "bad" | "info";
	text: string;
}

interface Shown extends Toast {
	id: number;
}

const SHAPES = { good: Check, bad: CircleAlert, info: Info };
/** Errors stay until they are closed, so that nobody has to be fast. */
const GOES_AFTER = 8_000;

let shown: readonly Shown[] = [];
let next = 1;
const listeners = new Set<() => void>();

function set(toasts: readonly Shown[]): void {
	shown = toasts;
	for (const listener of listeners) listener();
}

function close(id: number): void {
	set(shown.filter((toast) => toast.id !== id));
}

/** Shows a short message at the edge of the page. */
export function notify(toast: Toast): void {
	const id = next++;
	set([...shown.filter(({ text }) => text !== toast.text).slice(-2), { ...toast, id }]);
	if (toast.tone !== "bad") window.setTimeout(() => close(id), GOES_AFTER);
}

/** The place where they appear. */
export function Toasts(): ReactNode {
	const toasts = useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => shown,
	);
	return (
		<div className={styles.toasts} role="status" aria-live="polite">
			{toasts.map(({ id, tone, text }) => {
				const Shape = SHAPES[tone];
				return (
					<div key={id} className={`${styles.toast} ${styles[tone]}`}>
						<Shape size={16} aria-hidden />
						<span className={styles.text}>{text}</span>
						<button type="button" className={styles.close} aria-label="Close this message" onClick={() => close(id)}>
							<X size={14} aria-hidden />
						</button>
					</div>
				);
			})}
		</div>
	);
}

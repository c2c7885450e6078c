import { CircleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { ApiError, Unreachable } from "../api/errors";
import { Copy } from "./copy";
import styles from "./error_note.module.css";

/** The seconds until the server accepts a retry, counting down. */
function useCountdown(seconds: number | null): number {
	const [left, setLeft] = useState(seconds ?? 0);
	useEffect(() => {
		setLeft(seconds ?? 0);
		if (!seconds) return;
		const timer = window.setInterval(() => setLeft((now) => Math.max(0, now - 1)), 1000);
		return () => window.clearInterval(timer);
	}, [seconds]);
	return left;
}

function wordsOf(error: unknown): string {
	if (error instanceof ApiError || error instanceof Unreachable) return error.message;
	return "Something in this page went wrong. Reloading it may help.";
}

/** An error with the server's message, and what support needs to find it in the log. */
export function ErrorNote({ error, title }: { error: unknown; title?: string }): ReactNode {
	const refusal = error instanceof ApiError ? error : null;
	const left = useCountdown(refusal?.retryAfter ?? null);
	return (
		<div className={styles.note} role="alert">
			<CircleAlert size={18} className={styles.icon} aria-hidden />
			<div className={styles.text}>
				{title && <p className={styles.title}>{title}</p>}
				<p className={styles.message}>{wordsOf(error)}</p>
				{left > 0 && <p className={styles.facts}>Try again in {left} s.</p>}
				{refusal && (
					<p className={styles.facts}>
						<span>{refusal.code}</span>
						{refusal.requestId && (
							<>
								<span>request {refusal.requestId.slice(0, 8)}</span>
								<Copy text={refusal.requestId} label="Copy the request id" />
							</>
						)}
					</p>
				)}
			</div>
		</div>
	);
}

import { useQuery } from "@tanstack/react-query";
import { Check, Circle, Flame, Loader, RotateCcw, Signature, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { ErrorNote } from "../../ui/error_note";
import { Time } from "../../ui/time";
import { Actor } from "../events/line";
import { eventsAboutQuery } from "../events/queries";
import styles from "./life.module.css";
import { hasFailed } from "./state";

type Binary = Schemas["Binary"];
type Event = Schemas["Event"];
type Look = "done" | "bad" | "plain";

/** The names of the steps in a binary's life, by the type of their event. */
const STEPS: Record<string, readonly [string, Look, typeof Check]> = {
	"binary.created": ["Created", "done", Check],
	"binary.upload_completed": ["Uploaded", "done", Check],
	"binary.upload_expired": ["The upload expired: it was not finished in time", "bad", X],
	"binary.verified": ["Verified: its content has the hash that was declared", "done", Check],
	"binary.verification_failed": ["Not verified", "bad", TriangleAlert],
	"binary.signed": ["Signed", "done", Signature],
	"binary.signature_lost": ["A signature stopped counting", "bad", X],
	"binary.reset": ["Reset: what was uploaded is discarded", "plain", RotateCcw],
	"binary.destroyed": ["Destroyed: the content is gone for good", "bad", Flame],
	"binary.content_missing": ["Its content is missing in storage", "bad", TriangleAlert],
};

/** The next step, if there is one. */
const NEXT: Record<string, string> = {
	uploadable: "Awaits its content",
	hashable: "Uploaded: the server verifies it next",
	hashing: "The server verifies it",
	signable: "Awaits a signature",
};

/** The history of a binary: each step with its author and time, the oldest first, followed by the next step. */
export function Life({ binary }: { binary: Binary }): ReactNode {
	const { data, error } = useQuery(eventsAboutQuery(binary.prn, 100));
	if (error) return <ErrorNote error={error} />;
	const steps = data?.events.filter(({ type }) => type in STEPS).toReversed();
	const next = hasFailed(binary) ? undefined : NEXT[binary.state];
	return (
		<ol className={styles.life} aria-busy={!data}>
			{steps?.map((event) => (
				<Step key={event.prn} event={event} />
			))}
			{next && (
				<li className={styles.step} aria-current="step">
					<span className={`${styles.mark} ${styles.now}`} aria-hidden>
						{binary.state === "hashing" || binary.state === "hashable" ? <Loader size={13} /> : <Circle size={13} />}
					</span>
					<span className={styles.what}>{next}</span>
				</li>
			)}
		</ol>
	);
}

function Step({ event }: { event: Event }): ReactNode {
	const [words, look, Shape] = STEPS[event.type] ?? [event.type, "plain" as const, Circle];
	return (
		<li className={styles.step}>
			<span className={`${styles.mark} ${styles[look]}`} aria-hidden>
				<Shape size={13} strokeWidth={2.5} />
			</span>
			<span className={styles.what}>{words}</span>
			<span className={styles.who}>
				<Actor actor={event.actor} /> · <Time at={event.inserted_at} />
			</span>
		</li>
	);
}

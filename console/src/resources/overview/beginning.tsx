import { useQuery } from "@tanstack/react-query";
import { Check, ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Command } from "../../ui/copy";
import { Link } from "../../ui/link";
import { Section } from "../../ui/page";
import { counted } from "../../words/counts";
import styles from "./beginning.module.css";
import { type Step, stepsOf } from "./beginning_steps";
import { beginningsQuery, firstDevice, firstDevicesQuery, firstReleaseQuery, isFleet, isReady } from "./queries";

/** How often the page checks for a registered device. */
const WAIT = 3_000;

/**
 * The steps to the first device. They are ticked automatically, whoever did them. The list stays until the page is left, even if all steps
 * are done.
 */
export function Beginning(): ReactNode {
	const [wasShown, setWasShown] = useState(false);
	const { data: devices } = useQuery({
		...firstDevicesQuery,
		refetchInterval: ({ state }) => (wasShown && state.data?.length && !isFleet(state.data) ? WAIT : false),
	});
	const hasFleet = devices !== undefined && isFleet(devices);
	const { data: release } = useQuery({ ...firstReleaseQuery, enabled: hasFleet && !wasShown });
	const isWanted = wasShown || (devices !== undefined && (!hasFleet || release === null));
	const { data: there } = useQuery({
		...beginningsQuery,
		enabled: ({ state }) => isWanted && !isReady(state.data),
	});
	if (!isWanted || !there || !devices) return null;
	if (!wasShown) setWasShown(true);
	return <Steps steps={stepsOf(there, firstDevice(devices))} />;
}

const ENVIRONMENT = `export PERIDIO_BASE_URL=${window.location.origin}
export PERIDIO_API_KEY=…`;

function Steps({ steps }: { steps: readonly Step[] }): ReactNode {
	const [opened, setOpened] = useState<string | null>(null);
	const left = steps.filter(({ done }) => !done);
	const next = left[0]?.id;
	const open = left.some(({ id }) => id === opened) ? opened : next;
	const hint =
		left.length > 0
			? `${counted(left.length, "step", "steps")} left. They tick themselves off, whoever does them.`
			: "All six steps are done.";
	return (
		<Section title="From nothing to the first device" hint={hint} isFlush>
			<ol>
				{steps.map((step, index) => (
					<li key={step.id} className={styles.step}>
						<Mark step={step} index={index} isNext={step.id === next} />
						<div className={styles.text}>
							{step.done ? (
								<Done step={step} />
							) : (
								<Open step={step} isOpen={step.id === open} onOpen={() => setOpened(step.id)} />
							)}
						</div>
					</li>
				))}
			</ol>
			{left.length > 0 && (
				<details className={styles.terminal}>
					<summary>Before the first command in a terminal</summary>
					<p className={styles.why}>
						A key of your own is made in your <Link to="/account">account</Link>.
					</p>
					<Command text={ENVIRONMENT} label="Once in each terminal" />
				</details>
			)}
		</Section>
	);
}

function Mark({ step, index, isNext }: { step: Step; index: number; isNext: boolean }): ReactNode {
	return (
		<span className={`${styles.mark} ${step.done ? styles.done : ""} ${isNext ? styles.next : ""}`} aria-hidden>
			{step.done ? <Check size={14} strokeWidth={3} /> : index + 1}
		</span>
	);
}

function Done({ step }: { step: Step }): ReactNode {
	return (
		<>
			<h3 className={styles.finished}>
				{step.words}
				<span className="visually-hidden"> (done)</span>
			</h3>
			<p className={styles.by}>{step.done}</p>
		</>
	);
}

function Open({ step, isOpen, onOpen }: { step: Step; isOpen: boolean; onOpen: () => void }): ReactNode {
	return (
		<>
			<h3>
				<button type="button" className={styles.opener} aria-expanded={isOpen} onClick={onOpen}>
					{step.words}
					{!isOpen && <ChevronRight size={14} aria-hidden />}
				</button>
			</h3>
			{isOpen && (
				<>
					<p className={styles.why}>{step.why}</p>
					<div>{step.form}</div>
					<Command text={step.command} label="Or in a terminal" />
				</>
			)}
		</>
	);
}

import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Command } from "../../ui/copy";
import { Section } from "../../ui/page";
import { counted } from "../../words/counts";
import styles from "./beginning.module.css";

export interface Done {
	key: boolean;
	upload: boolean;
	signature: boolean;
	cohort: boolean;
	release: boolean;
	device: boolean;
}

interface Step {
	id: keyof Done;
	words: string;
	why: string;
	command: string;
}

const STEPS: readonly Step[] = [
	{
		id: "key",
		words: "Trust a signing key",
		why: "Devices install only what it signed. The private half stays with you.",
		command: `openssl genpkey -algorithm ed25519 -out signing.pem
openssl pkey -in signing.pem -pubout -out signing.pub.pem
peridio signing-keys create --name production --public-key-file signing.pub.pem`,
	},
	{
		id: "upload",
		words: "Upload a firmware",
		why: "A file for one target, as a version of an artifact.",
		command: `peridio push firmware.bin --artifact main-firmware --version 1.0.0 \\
  --target arm-linux-gnueabihf --signing-key signing.pem`,
	},
	{
		id: "signature",
		words: "Sign it",
		why: "peridio push signed it, if it had the key. Else:",
		command: "peridio binaries sign main-firmware/1.0.0/arm-linux-gnueabihf --signing-key signing.pem",
	},
	{
		id: "cohort",
		words: "Make a product and a cohort",
		why: "A cohort is a group of devices that get the same releases.",
		command: `peridio products create --name gateway --target arm-linux-gnueabihf
peridio cohorts create --product gateway --name daily`,
	},
	{
		id: "release",
		words: "Release it to the cohort",
		why: "To all of its devices, or to a few first.",
		command: `peridio bundles create --name spring --artifact-version main-firmware/1.0.0
peridio releases create --cohort gateway/daily --bundle spring --name spring --version 1.0.0`,
	},
	{
		id: "device",
		words: "Register a device",
		why: "Or let devices register themselves with a CA certificate.",
		command: "peridio devices create --identifier SN-000042 --product gateway --cohort gateway/daily",
	},
];

/** The way to the first device, whose steps tick themselves off, whoever did them. */
export function Beginning({ done }: { done: Done }): ReactNode {
	const left = STEPS.filter(({ id }) => !done[id]);
	const next = left[0]?.id;
	return (
		<Section
			title="From nothing to the first device"
			hint={`${counted(left.length, "step", "steps")} left. They tick themselves off, whoever does them.`}
			isFlush
		>
			<ol>
				{STEPS.map(({ id, words, why, command }, index) => (
					<li key={id} className={styles.step}>
						<span
							className={`${styles.mark} ${done[id] ? styles.done : ""} ${id === next ? styles.next : ""}`}
							aria-hidden
						>
							{done[id] ? <Check size={14} strokeWidth={3} /> : index + 1}
						</span>
						<div className={styles.text}>
							<h3 className={done[id] ? styles.finished : ""}>
								{words}
								{done[id] && <span className="visually-hidden"> (done)</span>}
							</h3>
							{id === next && (
								<>
									<p className={styles.why}>{why}</p>
									<Command text={command} label="In a terminal" />
								</>
							)}
						</div>
					</li>
				))}
			</ol>
		</Section>
	);
}

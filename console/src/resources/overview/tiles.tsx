import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import { bytes, count } from "../../words/counts";
import styles from "./tiles.module.css";

function shown(number: Schemas["Number"] | null | undefined): string {
	if (!number) return "–";
	return number.exact ? count(number.count) : `${count(number.count)}+`;
}

/** The numbers of the fleet, each with a link to the counted devices. Space is reserved while they are loading. */
export function FleetTiles({ overview }: { overview: Schemas["Overview"] | undefined }): ReactNode {
	const failed = overview?.failed_devices?.count ?? 0;
	const quarantined = overview?.quarantined_devices?.count ?? 0;
	return (
		<ul className={styles.tiles} aria-label="The fleet in numbers">
			<li className={styles.tile}>
				<Link to="/devices" look="plain" className={styles.link ?? ""}>
					<span className={styles.number}>{shown(overview?.devices)}</span>
					<span className={styles.words}>Devices</span>
				</Link>
			</li>
			<li className={styles.tile}>
				<Link to="/devices" search={{ outcome: "failed" }} look="plain" className={styles.link ?? ""}>
					<span className={`${styles.number} ${failed > 0 ? styles.bad : ""}`}>{shown(overview?.failed_devices)}</span>
					<span className={styles.words}>Failed to update</span>
				</Link>
			</li>
			<li className={styles.tile}>
				<Link to="/devices" search={{ quarantined: true }} look="plain" className={styles.link ?? ""}>
					<span className={`${styles.number} ${quarantined > 0 ? styles.warn : ""}`}>
						{shown(overview?.quarantined_devices)}
					</span>
					<span className={styles.words}>In quarantine</span>
				</Link>
			</li>
			<li className={styles.tile}>
				<Storage used={overview?.storage_used} quota={overview?.storage_quota} />
			</li>
		</ul>
	);
}

interface StorageProps {
	used: number | undefined;
	quota: number | null | undefined;
}

function Storage({ used, quota }: StorageProps): ReactNode {
	return (
		<div className={styles.link}>
			<span className={styles.number}>{used === undefined ? "–" : bytes(used)}</span>
			<span className={styles.words}>{quota ? `Stored, of ${bytes(quota)}` : "Stored"}</span>
			{quota ? <meter className={styles.meter} aria-label="Storage" min={0} max={quota} value={used ?? 0} /> : null}
		</div>
	);
}

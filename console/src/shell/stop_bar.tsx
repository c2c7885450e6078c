import { useQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { type ReactNode, useState } from "react";
import { scopes } from "../api/generated/scopes";
import { hasScope, usePermission } from "../api/permissions";
import { meQuery } from "../api/queries";
import { overviewQuery } from "../resources/overview/queries";
import { ResumeDialog } from "../resources/overview/resume_dialog";
import { StopName } from "../resources/overview/stop_name";
import { Button } from "../ui/button";
import styles from "./stop_bar.module.css";

/** The bar on every page during an emergency stop. */
export function StopBar(): ReactNode {
	const { data: me } = useQuery(meQuery);
	const maySee = hasScope(me?.user.scopes ?? [], scopes.organization_overview);
	const { data } = useQuery({ ...overviewQuery, enabled: maySee });
	const [isResuming, setIsResuming] = useState(false);
	const permission = usePermission("organization_resume");
	const stops = data?.overview.stops ?? [];
	const [first] = stops;
	if (!first) return null;
	return (
		<section className={styles.bar} aria-label="Emergency stop">
			<OctagonX size={18} aria-hidden />
			<p className={styles.text}>
				<strong>
					Stopped: no device of <StopName stop={first} /> gets an update.
				</strong>{" "}
				{first.reason}
				{stops.length > 1 && ` And ${stops.length - 1} more.`}
			</p>
			<Button size="small" permission={permission} onPress={() => setIsResuming(true)}>
				Resume…
			</Button>
			{isResuming && <ResumeDialog stops={stops} onClose={() => setIsResuming(false)} />}
		</section>
	);
}

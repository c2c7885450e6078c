import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Bell as BellIcon, CircleX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { overviewQuery } from "../resources/overview/queries";
import { Menu } from "../ui/menu";
import { useNow } from "../ui/time";
import { counted } from "../words/counts";
import { relativeTime } from "../words/times";
import styles from "./bell.module.css";

interface Call {
	id: string;
	words: string;
	/** Whether the problem exists now, or is only expected. */
	isBad: boolean;
	to: string;
}

function verifications({ binaries }: Schemas["Overview"]): Call[] {
	const failed = binaries.find(({ state }) => state === "verification_error");
	if (!failed?.count) return [];
	const words = `${counted(failed.count, "binary has", "binaries have", failed.exact)} another hash than was promised`;
	return [{ id: "verification", words, isBad: true, to: "/audit?type=binary.verification_failed" }];
}

function jobs({ jobs_given_up: { count, exact } }: Schemas["Overview"]): Call[] {
	if (count === 0) return [];
	const words = `${counted(count, "job was", "jobs were", exact)} given up`;
	return [{ id: "jobs", words, isBad: true, to: "/settings/server" }];
}

function endings({ ending_ca_certificates: ending }: Schemas["Overview"], now: Date): Call[] {
	return (ending ?? []).map(({ ca_certificate_prn: prn, subject, not_after }) => {
		const end = new Date(not_after);
		const isBad = end < now;
		const words = `The CA certificate ${subject} ${isBad ? "has ended" : "ends"} ${relativeTime(end, now)}`;
		return { id: prn, words, isBad, to: `/prn/${prn}` };
	});
}

/** The items that need attention, on every page. Nothing is shown if there are none. */
export function Bell(): ReactNode {
	const may = usePermission("organization_overview");
	const { data } = useQuery({ ...overviewQuery, enabled: may.allowed });
	const now = useNow();
	const navigate = useNavigate();
	if (!may.allowed) return null;
	const overview = data?.overview;
	const calls = overview ? [...verifications(overview), ...jobs(overview), ...endings(overview, now)] : [];
	const label = calls.length === 0 ? "Nothing needs you" : counted(calls.length, "thing needs you", "things need you");
	const nothing = { id: "nothing", words: "Nothing needs you", isDisabled: true, onAction: () => undefined };
	const entries = calls.map(({ id, words, isBad, to }) => ({
		id,
		words,
		icon: isBad ? (
			<CircleX size={16} className={styles.bad} aria-hidden />
		) : (
			<TriangleAlert size={16} className={styles.warn} aria-hidden />
		),
		onAction: () => void navigate({ to }),
	}));
	return (
		<Menu label={label} entries={entries.length > 0 ? entries : [nothing]}>
			<span className={styles.bell}>
				<BellIcon size={18} aria-hidden />
				{calls.length > 0 && (
					<span className={styles.count} aria-hidden>
						{calls.length > 9 ? "9+" : calls.length}
					</span>
				)}
			</span>
		</Menu>
	);
}

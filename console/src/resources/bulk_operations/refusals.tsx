import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button";
import { Link } from "../../ui/link";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { count, counted } from "../../words/counts";
import { shortPrn } from "../../words/prns";
import { deviceByPrnQuery } from "../devices/queries";
import type { BulkOperation } from "./queries";
import styles from "./refusals.module.css";

/** How many devices are shown at first, because the name of each device needs a request. */
const SOME = 20;

interface Reason {
	message: string;
	devices: readonly string[];
}

/** Devices that were refused for the same reason. */
function reasonsOf({ refusals }: BulkOperation): readonly Reason[] {
	const devices = new Map<string, string[]>();
	for (const { message, device_prn } of refusals) devices.set(message, [...(devices.get(message) ?? []), device_prn]);
	return [...devices].map(([message, prns]) => ({ message, devices: prns }));
}

/** The devices that could not be changed, grouped by the server's reasons. */
export function BulkRefusals({ operation }: { operation: BulkOperation }): ReactNode {
	const { refusals, refused } = operation;
	return (
		<RecordRows
			label="Devices that could not be changed"
			rows={reasonsOf(operation)}
			rowKey={({ message }) => message}
			empty={null}
			row={({ message, devices }) => (
				<RecordRow name={counted(devices.length, "device", "devices")} facts={message}>
					<Names prns={devices} />
				</RecordRow>
			)}
			foot={refused > refusals.length && `The first ${count(refusals.length)} of ${count(refused)}: more are not kept.`}
		/>
	);
}

function Names({ prns }: { prns: readonly string[] }): ReactNode {
	const [most, setMost] = useState(SOME);
	return (
		<>
			<ul className={styles.names}>
				{prns.slice(0, most).map((prn) => (
					<li key={prn}>
						<DeviceName prn={prn} />
					</li>
				))}
			</ul>
			{most < prns.length && (
				<Button size="small" onPress={() => setMost(prns.length)}>
					Show all {count(prns.length)}
				</Button>
			)}
		</>
	);
}

/** The name of a device, if a device with this PRN still exists. */
function DeviceName({ prn }: { prn: string }): ReactNode {
	const { data, isPending } = useQuery(deviceByPrnQuery(prn));
	if (isPending) return "\u00a0";
	if (!data) return <code>{shortPrn(prn)}</code>;
	const { identifier } = data;
	return (
		<Link to="/devices/$identifier" params={{ identifier }}>
			{identifier}
		</Link>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { api, change } from "../api/client";
import { usePermission } from "../api/permissions";
import { queryClient } from "../api/queries";
import { BulkNumbers } from "../resources/bulk_operations/numbers";
import { type BulkOperation, bulkOperationQuery } from "../resources/bulk_operations/queries";
import { BulkRefusals } from "../resources/bulk_operations/refusals";
import { BulkState } from "../resources/bulk_operations/state";
import { matchedInWords, sentenceOf, useDoing } from "../resources/bulk_operations/words";
import { useActorNames } from "../resources/events/actors";
import { useAction } from "../shell/actions";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import { ErrorNote } from "../ui/error_note";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { Properties } from "../ui/properties";
import { Time } from "../ui/time";
import { notify } from "../ui/toasts";

const route = getRouteApi("/shell/bulk_operations/$prn");
const PATH = [
	{ to: "/devices", words: "Devices" },
	{ to: "/bulk_operations", words: "Bulk operations" },
];

/** `/bulk_operations/<prn>`: the progress of a bulk operation, and the devices that it could not change. */
export function BulkOperationPage(): ReactNode {
	const { prn } = route.useParams();
	const { data: operation, error } = useQuery(bulkOperationQuery(prn));
	const isOver = operation !== undefined && operation.state !== "running";
	useEffect(() => {
		if (isOver) void queryClient.invalidateQueries({ queryKey: ["device"] });
	}, [isOver]);
	if (!operation) {
		return (
			<Page title="Bulk operation" path={PATH} sentence={"\u00a0"}>
				{error && <ErrorNote error={error} />}
			</Page>
		);
	}
	return <Details operation={operation} />;
}

function Details({ operation }: { operation: BulkOperation }): ReactNode {
	const doing = useDoing();
	return (
		<Page
			title={doing(operation)}
			path={PATH}
			badge={<BulkState operation={operation} />}
			sentence={<span role="status">{sentenceOf(operation)}</span>}
			actions={<Actions operation={operation} />}
		>
			<Section title="Devices" hint={operation.stopped_because}>
				<BulkNumbers operation={operation} />
			</Section>
			{operation.refused > 0 && (
				<Section title="Not changed" hint="As the server would have refused the change of the device alone" isFlush>
					<BulkRefusals operation={operation} />
				</Section>
			)}
			<Section title="What it is about">
				<Facts operation={operation} />
			</Section>
			<Command text={`peridio devices bulk get ${operation.prn}`} />
		</Page>
	);
}

/** The devices of the operation: the search that finds them, or their number. */
function Which({ operation }: { operation: BulkOperation }): ReactNode {
	const { search } = operation;
	if (search === null || search === undefined) return `${matchedInWords(operation)}, ticked one by one`;
	if (search === "") return `All ${matchedInWords(operation)}`;
	return (
		<>
			{matchedInWords(operation)} that matched <code>{search}</code>
		</>
	);
}

function Facts({ operation }: { operation: BulkOperation }): ReactNode {
	const nameOf = useActorNames();
	const { started_by, inserted_at, finished_at } = operation;
	return (
		<Properties
			rows={{
				Devices: <Which operation={operation} />,
				"Begun by": nameOf(started_by),
				Begun: <Time at={inserted_at} />,
				Ended: finished_at && <Time at={finished_at} />,
			}}
		/>
	);
}

function Actions({ operation }: { operation: BulkOperation }): ReactNode {
	const { prn, state, search } = operation;
	const permission = usePermission("bulk_operations_update");
	const cancel = useMutation({
		mutationFn: () =>
			change(() => api.PATCH("/v1/bulk_operations/{prn}", { params: { path: { prn } }, body: { state: "cancelled" } })),
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["bulk_operation"] }),
		onError: (error) => notify({ tone: "bad", text: error.message }),
	});
	const isRunning = state === "running";
	useAction("Cancel this bulk operation", () => cancel.mutate(), isRunning && permission.allowed);
	return (
		<>
			<Link to="/devices" search={search ? { q: search } : {}} look="button">
				Show the devices
			</Link>
			{isRunning && (
				<Button look="danger" permission={permission} onPress={() => cancel.mutate()} isBusy={cancel.isPending}>
					Cancel it
				</Button>
			)}
		</>
	);
}

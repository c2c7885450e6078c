import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { queryClient } from "../../api/queries";
import { Link } from "../../ui/link";
import { counted } from "../../words/counts";
import { runningQuery } from "./queries";

/** A link to the bulk operations with the number of running ones. When one ends, the shown devices are fetched again. */
export function RunningLink(): ReactNode {
	const { data } = useQuery(runningQuery);
	const running = data?.length ?? 0;
	const before = useRef(0);
	useEffect(() => {
		if (running < before.current) void queryClient.invalidateQueries({ queryKey: ["device"] });
		before.current = running;
	}, [running]);
	return (
		<Link to="/bulk_operations" look="button">
			{running > 0 ? `${counted(running, "bulk operation", "bulk operations")} running` : "Bulk operations"}
		</Link>
	);
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Chip } from "../../ui/badge";
import { Link } from "../../ui/link";
import { counted } from "../../words/counts";
import { cohortsQuery } from "../cohorts/queries";
import { taggedQuery } from "./queries";

/** The devices of an override. */
export function Reach({ override }: { override: Schemas["BundleOverride"] }): ReactNode {
	const { cohort_prn: cohort, tags, device_prns: devices } = override;
	if (cohort) return <CohortReach prn={cohort} />;
	if (tags) {
		return (
			<>
				{tags.map((tag) => (
					<TagReach key={tag} tag={tag} />
				))}
			</>
		);
	}
	const [first] = devices ?? [];
	if (devices?.length === 1 && first) {
		return (
			<Link to="/prn/$prn" params={{ prn: first }}>
				1 device
			</Link>
		);
	}
	return counted(devices?.length ?? 0, "device", "devices");
}

function CohortReach({ prn }: { prn: string }): ReactNode {
	const { data } = useQuery(cohortsQuery);
	const cohort = data?.cohorts.find((each) => each.prn === prn);
	if (!cohort) return "a cohort";
	const product = cohort.product?.name ?? "";
	return (
		<>
			<Link to="/cohorts/$product/$cohort" params={{ product, cohort: cohort.name }} look="plain">
				{product}/{cohort.name}
			</Link>
			, {counted(cohort.device_count, "device", "devices")}
		</>
	);
}

function TagReach({ tag }: { tag: string }): ReactNode {
	const { data } = useQuery(taggedQuery(tag));
	return (
		<>
			<Chip>{tag}</Chip> {data && counted(data.count, "device", "devices", data.exact)}{" "}
		</>
	);
}

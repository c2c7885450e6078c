import { queryOptions, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { Command } from "../../ui/copy";
import { Met } from "../../ui/edit/met";
import { type Revision, useEdit } from "../../ui/edit/use_edit";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { bytes } from "../../words/counts";
import { ChangedBy } from "../events/changed_by";
import { readOrganization, type TaggedOrganization, updateOrganization } from "./queries";
import styles from "./quota.module.css";

type Binary = Schemas["Binary"];

/** How many of the newest binaries are summed up. The API has no sum by artifact. */
const LOOKED_AT = 100;

const sizesQuery = queryOptions({
	queryKey: ["binary", "sizes"],
	queryFn: ({ signal }) => {
		const query = {
			limit: LOOKED_AT,
			order: "desc",
			destroyed: false,
			"expand[]": ["artifact_version.artifact"],
		} as const;
		return answer(
			api.GET("/v1/binaries", { params: { query: { ...query, "expand[]": [...query["expand[]"]] } }, signal }),
		);
	},
	staleTime: 60_000,
});

const artifactOf = ({ artifact_version }: Binary): string => artifact_version?.artifact?.name ?? "others";

/** Sizes by artifact, the largest first. */
function sums(binaries: readonly Binary[]): [string, number][] {
	const all = new Map<string, number>();
	for (const binary of binaries) all.set(artifactOf(binary), (all.get(artifactOf(binary)) ?? 0) + (binary.size ?? 0));
	return [...all].sort(([, one], [, other]) => other - one).slice(0, 6);
}

/** The stored content and its limit, and the artifacts that use the most. */
export function Quota({ organization }: { organization: TaggedOrganization }): ReactNode {
	const { storage_used: used, storage_quota: quota } = organization;
	const mayList = usePermission("binaries_list");
	const { data } = useQuery({ ...sizesQuery, enabled: mayList.allowed });
	const share = quota ? Math.min(100, (used / quota) * 100) : 0;
	const largest = sums(data?.binaries ?? []);
	return (
		<div className={styles.quota}>
			<p className={styles.sentence}>
				<strong>{bytes(used)}</strong> {quota ? `of ${bytes(quota)}` : "stored, without a limit"}
			</p>
			{quota ? <Meter label="Storage that is used" share={share} isFull={share > 90} /> : null}
			{largest.length > 0 && (
				<ul className={styles.largest} aria-label="What fills it">
					{largest.map(([name, size]) => (
						<li key={name} className={styles.row}>
							<span>{name}</span>
							<Meter label={name} share={used ? (size / used) * 100 : 0} />
							<span className={styles.size}>{bytes(size)}</span>
						</li>
					))}
				</ul>
			)}
			{data?.next_page && <p className={styles.note}>By artifact, of the newest {LOOKED_AT} binaries.</p>}
			<QuotaForm organization={organization} />
		</div>
	);
}

function Meter({ label, share, isFull }: { label: string; share: number; isFull?: boolean }): ReactNode {
	return (
		<svg
			className={styles.meter}
			viewBox="0 0 100 8"
			preserveAspectRatio="none"
			role="img"
			aria-label={`${label}: ${Math.round(share)} %`}
		>
			<rect className={styles.track} width="100" height="8" />
			<rect className={isFull ? styles.full : styles.fill} width={Math.max(share, 0.6)} height="8" />
		</svg>
	);
}

const GB = 1_000_000_000;

function limitOf({ storage_quota: quota, etag }: TaggedOrganization): Revision {
	return { values: { storage_quota: quota ? String(quota / GB) : "" }, etag };
}

function QuotaForm({ organization }: { organization: TaggedOrganization }): ReactNode {
	const mayUpdate = usePermission("organization_update");
	const editing = useEdit({
		from: limitOf(organization),
		isStaying: true,
		reread: async () => limitOf(await readOrganization()),
		save: async ({ storage_quota: limit = typed }, etag) => {
			await updateOrganization({ storage_quota: limit.trim() ? Math.round(Number(limit) * GB) : null }, etag);
			notify({ tone: "good", text: "The limit is changed. Nothing was deleted." });
		},
	});
	const typed = editing.values.storage_quota ?? "";
	return (
		<Form
			label="Limit"
			error={editing.error}
			onSubmit={editing.submit}
			actions={
				<Button
					type="submit"
					size="small"
					permission={mayUpdate}
					isBusy={editing.isBusy}
					isDisabled={editing.undecided > 0}
				>
					Set the limit
				</Button>
			}
		>
			<Met editing={editing} labels={{ storage_quota: "Limit in GB" }} by={<ChangedBy prn={organization.prn} />} />
			<TextField
				label="Limit in GB"
				name="storage_quota"
				inputMode="numeric"
				value={typed}
				onChange={(value) => editing.set("storage_quota", value)}
				autoComplete="off"
				help="Empty: no limit. Lowering it deletes nothing."
			/>
			<Command
				text={`peridio organization update ${typed.trim() ? `--storage-quota ${typed.trim()}G` : "--no-storage-quota"}`}
			/>
		</Form>
	);
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Pencil, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../api/client";
import { usePermission } from "../api/permissions";
import { ArchivedReleases } from "../resources/cohorts/archived";
import { EditCohortDialog, readCohort } from "../resources/cohorts/cohort_dialog";
import { CohortMenu } from "../resources/cohorts/menu";
import { cohortByNamesQuery, graphQuery } from "../resources/cohorts/queries";
import { GraphView } from "../resources/releases/graph_view";
import { InsertDialog, type Place } from "../resources/releases/insert_dialog";
import { ListView } from "../resources/releases/list_view";
import { ReleasePanel } from "../resources/releases/panel";
import { releaseId, releasesOfCohortQuery } from "../resources/releases/queries";
import { useAction } from "../shell/actions";
import { areKeysOn } from "../shell/keys";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Command } from "../ui/copy";
import type { Revision } from "../ui/edit/use_edit";
import { Empty } from "../ui/empty";
import { ErrorNote } from "../ui/error_note";
import { Link } from "../ui/link";
import { Page, Section } from "../ui/page";
import { quoted } from "../words/commands";
import { counted } from "../words/counts";
import styles from "./cohort.module.css";
import { NotFound } from "./not_found";

const route = getRouteApi("/shell/cohorts/$product/$cohort");
const PATH = [{ to: "/releases", words: "Releases" }];

type Cohort = Schemas["Cohort"];
type Graph = Schemas["ReleaseGraph"];

/** `/cohorts/<product>/<cohort>`: the release graph of a cohort, and the progress of its devices. */
export function CohortPage(): ReactNode {
	const params = route.useParams();
	const { data: cohort, error, isPending } = useQuery(cohortByNamesQuery(params.product, params.cohort));
	const { data } = useQuery(graphQuery(cohort?.prn));
	const title = `${params.product}/${params.cohort}`;
	if (error) {
		return (
			<Page title={title} path={PATH}>
				<ErrorNote error={error} />
			</Page>
		);
	}
	if (isPending || (cohort && !data))
		return (
			<Page title={title} path={PATH} sentence={"\u00a0"}>
				{null}
			</Page>
		);
	if (!cohort || !data) return <NotFound />;
	return <CohortDetails cohort={cohort} graph={data.graph} title={title} />;
}

/** The positions of the cohort's devices, as a sentence. */
function sentenceOf({ devices, releases }: Graph): string {
	const [latest] = releases;
	const fleet = counted(devices, "device", "devices");
	if (!latest) return `${fleet}, and no release yet.`;
	const share =
		devices > 0 ? `${latest.devices} of ${fleet} ${latest.devices === 1 ? "has" : "have"}` : "No device has";
	const failed = releases.reduce((all, each) => all + each.failed, 0);
	return `${share} the latest release, ${latest.name}${failed > 0 ? `; ${failed} failed to update` : ""}.`;
}

interface CohortDetailsProps {
	cohort: Cohort;
	graph: Graph;
	title: string;
}

function CohortDetails({ cohort, graph, title }: CohortDetailsProps): ReactNode {
	const { view, bundle } = route.useSearch();
	const params = route.useParams();
	const navigate = useNavigate();
	const [insertAt, setPlace] = useState<Place | null>(null);
	const [edited, setEdited] = useState<Revision | null>(null);
	const mayCreate = usePermission("releases_create");
	const mayUpdate = usePermission("cohorts_update");
	const [latest] = graph.releases;
	const atTheEnd: Place = { previous: latest ?? null, next: null };
	const place = insertAt ?? (bundle ? atTheEnd : null);
	const insertLatest = (): void => setPlace(atTheEnd);
	useAction("New release…", insertLatest, mayCreate.allowed);
	const show = (search: { view?: "list"; release?: string }): void =>
		void navigate({ to: "/cohorts/$product/$cohort", params, search, replace: true });
	const closeInsert = (): void => {
		setPlace(null);
		if (bundle) show({});
	};
	return (
		<Page
			title={title}
			path={PATH}
			badge={cohort.archived_at ? <Badge tone="none">Archived</Badge> : undefined}
			sentence={sentenceOf(graph)}
			actions={
				<>
					<Button permission={mayUpdate} onPress={() => void readCohort(cohort.prn).then(setEdited)}>
						<Pencil size={16} aria-hidden />
						Edit…
					</Button>
					<CohortMenu cohort={cohort} name={title} />
					<Button look="primary" permission={mayCreate} onPress={insertLatest}>
						<Plus size={16} aria-hidden />
						New release
					</Button>
				</>
			}
		>
			{graph.releases.length === 0 ? (
				<NoReleases onInsert={insertLatest} />
			) : (
				<Releases cohort={cohort} graph={graph} title={title} onInsert={setPlace} onShow={show} />
			)}
			<ArchivedReleases cohort={cohort} name={title} />
			<Command text={`peridio releases graph ${quoted(title)} --devices`} />
			{place && (
				<InsertDialog
					cohort={cohort}
					cohortName={title}
					place={place}
					bundle={bundle}
					onClose={closeInsert}
					onDone={closeInsert}
				/>
			)}
			{edited && (
				<EditCohortDialog
					cohort={cohort}
					product={params.product}
					from={edited}
					onClose={() => setEdited(null)}
					onSaved={(name) => {
						setEdited(null);
						void navigate({
							to: "/cohorts/$product/$cohort",
							params: { ...params, cohort: name },
							search: view ? { view } : {},
							replace: true,
						});
					}}
				/>
			)}
		</Page>
	);
}

interface ReleasesProps extends CohortDetailsProps {
	onInsert: (place: Place) => void;
	onShow: (search: { view?: "list"; release?: string }) => void;
}

const isPhone = (): boolean => window.matchMedia("(max-width: 719px)").matches;

function Releases({ cohort, graph, title, onInsert, onShow }: ReleasesProps): ReactNode {
	const { view, release: chosenId } = route.useSearch();
	const navigate = useNavigate();
	const { data } = useQuery(releasesOfCohortQuery(cohort.prn));
	const mayInsert = usePermission("releases_create").allowed;
	const whole = new Map(data?.releases.map((release) => [release.prn, release]));
	const names = new Map(graph.releases.map(({ release_prn, name }) => [release_prn, name]));
	const chosen = graph.releases.find(({ release_prn: prn }) => releaseId(prn) === chosenId);
	const next = graph.releases.find(({ release_prn: prn }) => prn === chosen?.next_release_prn);
	const choose = ({ release_prn: prn }: Schemas["GraphRelease"]): void => {
		const release = releaseId(prn);
		if (isPhone()) void navigate({ to: "/releases/$release", params: { release } });
		else onShow(release === chosenId ? {} : { release });
	};
	const other = view === "list" ? "Show the graph" : "Show a list";
	return (
		<>
			<div className={styles.tools}>
				<p className={styles.hint}>
					The latest on top; a device goes upwards.{graph.more && " Earlier releases than these are not shown."}
				</p>
				<Button size="small" look="quiet" onPress={() => onShow(view === "list" ? {} : { view: "list" })}>
					{other}
				</Button>
			</div>
			{view === "list" ? (
				<Section title="Releases" hint="Each after the one that it leads to" isFlush>
					<ListView releases={graph.releases} whole={whole} devices={graph.devices} />
				</Section>
			) : (
				<div className={chosen ? styles.beside : ""}>
					<GraphView
						releases={graph.releases}
						whole={whole}
						devices={graph.devices}
						chosen={chosen?.release_prn}
						onChoose={choose}
						onInsert={onInsert}
						mayInsert={mayInsert}
						areKeysOn={areKeysOn()}
					/>
					{chosen && (
						<ReleasePanel
							key={chosen.release_prn}
							release={chosen}
							whole={whole.get(chosen.release_prn)}
							names={names}
							cohort={title}
							devices={graph.devices}
							onInsert={() => onInsert({ previous: chosen, next: next ?? null })}
							onClose={() => onShow({})}
						/>
					)}
				</div>
			)}
		</>
	);
}

function NoReleases({ onInsert }: { onInsert: () => void }): ReactNode {
	const mayCreate = usePermission("releases_create");
	return (
		<Section title="Releases" isFlush>
			<Empty
				title="No releases yet"
				actions={
					<>
						<Button look="primary" permission={mayCreate} onPress={onInsert}>
							New release
						</Button>
						<Link to="/devices" look="button">
							Devices
						</Link>
					</>
				}
			>
				A release gives a bundle to the devices of this cohort. The first one reaches them when they next ask.
			</Empty>
		</Section>
	);
}

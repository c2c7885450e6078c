import { useQuery } from "@tanstack/react-query";
import { useLocation, useRouter } from "@tanstack/react-router";
import { Bookmark } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useAction } from "../../shell/actions";
import { Menu } from "../../ui/menu";
import { addressOf, viewsQuery } from "./queries";
import { SaveViewDialog } from "./view_dialogs";
import { ViewsDialog } from "./views_list";

/** The saved views of the open page: opening, saving and editing them. */
export function Views({ path }: { path: string }): ReactNode {
	const { data: views = [] } = useQuery(viewsQuery(path));
	const query = useLocation({ select: ({ searchStr }) => searchStr.replace(/^\?/, "") });
	const { history } = useRouter();
	const [opened, setOpened] = useState<"save" | "list" | null>(null);
	useAction("Save this view…", () => setOpened("save"));
	const shown = views.find((view) => view.query === query);
	const close = (): void => setOpened(null);
	const entries = [
		...views.map((view) => ({
			id: view.prn,
			words: view.shared ? `${view.name} (shared)` : view.name,
			onAction: () => history.push(addressOf(view)),
		})),
		{ id: "save", words: "Save this view…", onAction: () => setOpened("save") },
		...(views.length > 0 ? [{ id: "list", words: "Edit views…", onAction: () => setOpened("list") }] : []),
	];
	return (
		<>
			<Menu label={shown ? `Views: ${shown.name}` : "Views"} entries={entries}>
				<Bookmark size={16} aria-hidden />
				{shown?.name ?? "Views"}
			</Menu>
			{opened === "save" && <SaveViewDialog path={path} query={query} onClose={close} />}
			{opened === "list" && <ViewsDialog views={views} onClose={close} />}
		</>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { hasScope } from "../../api/permissions";
import { meQuery } from "../../api/queries";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { ConfirmByTyping } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import type { Revision } from "../../ui/edit/use_edit";
import { RecordRow, RecordRows } from "../../ui/record_rows";
import { addressOf, readView, type View } from "./queries";
import { deleteView, EditViewDialog } from "./view_dialogs";

/** Whether the signed-in person may change a view. This is the API's rule, so that nothing is disabled that would work. */
function useMayChange(): (view: View) => boolean {
	const { data: me } = useQuery(meQuery);
	const mayAll = hasScope(me?.user.scopes ?? [], "organization.update");
	return ({ owner_prn, shared }) => owner_prn === me?.user.prn || (shared && mayAll);
}

type Opened = { view: View; from?: Revision };

/** The views of a page, with what can be done with each. */
export function ViewsDialog({ views, onClose }: { views: readonly View[]; onClose: () => void }): ReactNode {
	const [opened, setOpened] = useState<Opened | null>(null);
	const mayChange = useMayChange();
	const close = (): void => setOpened(null);
	return (
		<Dialog title="Saved views" isOpen onClose={onClose} isLight>
			<RecordRows
				label="Saved views"
				rows={views}
				rowKey={({ prn }) => prn}
				empty={<p>There are none any more.</p>}
				row={(view) => (
					<RecordRow
						name={view.name}
						badges={view.shared && <Badge tone="plain">shared</Badge>}
						facts={<code>{addressOf(view)}</code>}
						actions={
							mayChange(view) && (
								<>
									<Button
										size="small"
										aria-label={`Edit… ${view.name}`}
										onPress={() => void readView(view.prn).then((from) => setOpened({ view, from }))}
									>
										Edit…
									</Button>
									<Button size="small" aria-label={`Delete… ${view.name}`} onPress={() => setOpened({ view })}>
										Delete…
									</Button>
								</>
							)
						}
					/>
				)}
			/>
			{opened?.from && <EditViewDialog view={opened.view} from={opened.from} onClose={close} />}
			{opened && !opened.from && <DeleteView view={opened.view} onClose={close} />}
		</Dialog>
	);
}

function DeleteView({ view, onClose }: { view: View; onClose: () => void }): ReactNode {
	const remove = useMutation({ mutationFn: () => deleteView(view), onSuccess: onClose });
	return (
		<ConfirmByTyping
			title={`Delete ${view.name}`}
			word={view.name}
			action="Delete"
			isOpen
			onClose={onClose}
			onConfirm={() => remove.mutate()}
			isBusy={remove.isPending}
			error={remove.error}
		>
			<p>{view.shared ? "It is gone for everybody in the organization. " : ""}Nothing of what it shows is changed.</p>
		</ConfirmByTyping>
	);
}

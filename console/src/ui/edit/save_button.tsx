import type { ReactNode } from "react";
import type { Permission } from "../../api/permissions";
import { Button } from "../button";
import type { Editing } from "./use_edit";

/** Sends a form that stays open, once something in it is changed. If the person may not change it, the button shows why. */
export function SaveButton({ editing, permission }: { editing: Editing; permission: Permission }): ReactNode {
	const isReady = editing.isChanged && editing.undecided === 0;
	return (
		<Button type="submit" permission={permission} isBusy={editing.isBusy} isDisabled={!isReady && permission.allowed}>
			Save
		</Button>
	);
}

import type { ReactNode } from "react";
import type { Permission } from "../../api/permissions";
import { Button } from "../button";
import type { Editing } from "./use_edit";

/** Sends a form that stays, as soon as something in it is changed. Who may not change it can ask the button why. */
export function SaveButton({ editing, permission }: { editing: Editing; permission: Permission }): ReactNode {
	const isReady = editing.isChanged && editing.undecided === 0;
	return (
		<Button type="submit" permission={permission} isBusy={editing.isBusy} isDisabled={!isReady && permission.allowed}>
			Save
		</Button>
	);
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { SelectField } from "../../ui/field";
import { Form } from "../../ui/form";
import { notify } from "../../ui/toasts";
import { cohortsQuery } from "../cohorts/queries";

/** Moves a device to another cohort of its product. */
export function MoveDialog({ device, onClose }: { device: Schemas["Device"]; onClose: () => void }): ReactNode {
	const { data } = useQuery(cohortsQuery);
	const [cohort, setCohort] = useState(device.cohort_prn ?? "");
	const move = useMutation({
		mutationFn: () =>
			change(() =>
				api.PATCH("/v1/devices/{prn}", { params: { path: { prn: device.prn } }, body: { cohort_prn: cohort || null } }),
			),
		onSuccess: async () => {
			await queryClient.invalidateQueries({ queryKey: ["device"] });
			notify({ tone: "good", text: `${device.identifier} is moved.` });
			onClose();
		},
	});
	const cohorts = data?.cohorts.filter(({ product_prn }) => product_prn === device.product_prn) ?? [];
	return (
		<Dialog title={`Move ${device.identifier}`} isOpen onClose={onClose}>
			<p>From then on it gets the releases of the other cohort, when it next asks.</p>
			<Form
				label="Move"
				error={move.error}
				onSubmit={() => move.mutate()}
				actions={
					<>
						<Button
							type="submit"
							look="primary"
							isBusy={move.isPending}
							isDisabled={cohort === (device.cohort_prn ?? "")}
						>
							Move
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<SelectField
					label="Cohort"
					name="cohort_prn"
					value={cohort}
					onChange={setCohort}
					options={[["", "No cohort"], ...cohorts.map(({ prn, name }) => [prn, name] as const)]}
				/>
			</Form>
		</Dialog>
	);
}

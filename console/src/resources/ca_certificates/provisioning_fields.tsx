import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { SelectField, TextField } from "../../ui/field";
import { cohortsQuery, productsQuery } from "../cohorts/queries";
import type { Provisioning } from "./provisioning";

interface FieldsProps {
	given: Provisioning;
	onChange: (given: Provisioning) => void;
}

/** The fields for devices of this CA that connect for the first time. */
export function ProvisioningFields({ given, onChange }: FieldsProps): ReactNode {
	const { data: products } = useQuery(productsQuery);
	return (
		<>
			<SelectField
				label="Product of new devices"
				name="product_prn"
				value={given.product}
				onChange={(product) => onChange({ ...given, product, cohort: "" })}
				options={[
					["", "None: new devices are refused"],
					...(products?.products ?? []).map(({ prn, name }) => [prn, name] as const),
				]}
			/>
			{given.product && <NewDevices given={given} onChange={onChange} />}
			<SelectField
				label="Renewed certificates of known devices"
				name="renewals"
				value={given.renewals}
				onChange={(renewals) => onChange({ ...given, renewals })}
				options={[
					["refuse", "Refuse them"],
					["same_key", "Accept them if the key is the same"],
					["any_key", "Accept them, also with another key"],
				]}
				help={
					given.renewals === "any_key"
						? "Anybody for whom this CA signs a device's name can then take over that device."
						: undefined
				}
			/>
		</>
	);
}

function NewDevices({ given, onChange }: FieldsProps): ReactNode {
	const { data } = useQuery(cohortsQuery);
	const cohorts = data?.cohorts.filter(({ product_prn }) => product_prn === given.product) ?? [];
	return (
		<>
			<SelectField
				label="Cohort of new devices"
				name="cohort_prn"
				value={given.cohort}
				onChange={(cohort) => onChange({ ...given, cohort })}
				options={[["", "None: releases don't reach them yet"], ...cohorts.map(({ prn, name }) => [prn, name] as const)]}
			/>
			<TextField
				label="Tags of new devices"
				name="tags"
				value={given.tags}
				onChange={(tags) => onChange({ ...given, tags })}
				placeholder="europe, beta"
				autoComplete="off"
			/>
			<SelectField
				label="Their identifier is"
				name="identifier_from"
				value={given.identifierFrom}
				onChange={(identifierFrom) => onChange({ ...given, identifierFrom })}
				options={[
					["common_name", "the common name in the certificate"],
					["serial_number", "the serial number of its subject (IEEE 802.1AR)"],
					["dns_name", "its only DNS name"],
				]}
			/>
		</>
	);
}

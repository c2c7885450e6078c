import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { NewCaSteps } from "../resources/ca_certificates/new_steps";
import { Page } from "../ui/page";
import { notify } from "../ui/toasts";
import { parsePrn } from "../words/prns";

const PATH = [
	{ to: "/settings", words: "Settings" },
	{ to: "/settings/ca-certificates", words: "CA certificates" },
];

/** `/settings/ca-certificates/new`: proves and registers a CA in three steps. */
export function NewCaCertificatePage(): ReactNode {
	const navigate = useNavigate();
	return (
		<Page
			title="Register a CA"
			path={PATH}
			sentence="Devices with certificates of this CA may then connect. Its private key stays where it is."
		>
			<NewCaSteps
				onCreated={({ prn }) => {
					notify({ tone: "good", text: "The CA is proven and registered." });
					void navigate({ to: "/settings/ca-certificates/$id", params: { id: parsePrn(prn)?.id ?? "" } });
				}}
			/>
		</Page>
	);
}

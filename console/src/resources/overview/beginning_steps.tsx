// The six steps to the first device: which are done, and how to do the next one.
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/client";
import { usePermission } from "../../api/permissions";
import { Button } from "../../ui/button";
import { Link } from "../../ui/link";
import { Time } from "../../ui/time";
import { quoted } from "../../words/commands";
import { cohortPath } from "../../words/names";
import { NewSigningKeyDialog } from "../signing_keys/new_dialog";
import { BundleForm, CohortForm, DeviceForm, FirmwareForm } from "./beginning_forms";
import type { Beginnings } from "./queries";

/** A step. */
export interface Step {
	id: string;
	words: string;
	/** The record that completed the step; nothing while it is not done. */
	done: ReactNode;
	why: string;
	form: ReactNode;
	command: string;
}

const nameOf = ({ prn, name }: Schemas["Bundle"]): string => name ?? prn;

/** `main-firmware/1.0.0`. */
function versionOf(binary: Schemas["Binary"] | undefined): string | undefined {
	const version = binary?.artifact_version;
	return version ? `${version.artifact?.name}/${version.version}` : undefined;
}

function KeyForm(): ReactNode {
	const permission = usePermission("signing_keys_create");
	const [isOpen, setIsOpen] = useState(false);
	return (
		<>
			<Button look="primary" permission={permission} onPress={() => setIsOpen(true)}>
				Trust a key…
			</Button>
			{isOpen && <NewSigningKeyDialog onClose={() => setIsOpen(false)} />}
		</>
	);
}

function keyStep({ signingKey }: Beginnings): Step {
	return {
		id: "key",
		words: "Trust a signing key",
		done: signingKey?.name,
		why: "Devices install only what it signed. The private half stays with you.",
		form: <KeyForm />,
		command: `openssl genpkey -algorithm ed25519 -out signing.pem
openssl pkey -in signing.pem -pubout -out signing.pub.pem
peridio signing-keys create --name production --public-key-file signing.pub.pem`,
	};
}

function uploadStep({ binary, product }: Beginnings): Step {
	const target = product?.target ?? "arm-linux-gnueabihf";
	return {
		id: "upload",
		words: "Upload a firmware",
		done: binary && `${versionOf(binary)}/${binary.target}`,
		why: "A file for one target, as a version of an artifact. The server reads it back and compares its hash.",
		form: <FirmwareForm />,
		command: `head -c 20M /dev/urandom > firmware.bin   # or your own file
peridio push firmware.bin --artifact main-firmware --version 1.0.0 \\
  --target ${quoted(target)} --signing-key signing.pem`,
	};
}

function signStep({ signed, signable }: Beginnings): Step {
	const title = signable && `${versionOf(signable)}/${signable.target}`;
	return {
		id: "signature",
		words: "Sign it",
		done: signed && `${versionOf(signed)}/${signed.target}`,
		why: "On your own machine: with peridio, or with openssl by the lines that its page shows.",
		form: signable ? (
			<Link to="/prn/$prn" params={{ prn: signable.prn }} look="primary">
				Sign {title}
			</Link>
		) : (
			<p>It can be signed as soon as something is uploaded and verified.</p>
		),
		command: `peridio binaries sign ${quoted(title ?? "main-firmware/1.0.0/arm-linux-gnueabihf")} --signing-key signing.pem`,
	};
}

function cohortStep({ cohort, product, binary }: Beginnings): Step {
	const name = product?.name ?? "gateway";
	const target = binary?.target ?? "arm-linux-gnueabihf";
	const create = product ? "" : `peridio products create --name gateway --target ${quoted(target)}\n`;
	return {
		id: "cohort",
		words: "Make a product and a cohort",
		done: cohort && cohortPath(cohort),
		why: "A product is a kind of device, a cohort a group of them that gets the same releases.",
		form: <CohortForm product={product} target={binary?.target} />,
		command: `${create}peridio cohorts create --product ${quoted(name)} --name daily`,
	};
}

/** To the form of the release if there is a bundle, otherwise to the form of a bundle of the signed binaries. */
function ReleaseForm({ signed, cohort, bundle }: Beginnings): ReactNode {
	const version = signed?.artifact_version;
	if (!cohort) return <p>It takes a cohort to release it to.</p>;
	if (bundle) {
		const params = { product: cohort.product?.name ?? "", cohort: cohort.name };
		return (
			<Link to="/cohorts/$product/$cohort" params={params} search={{ bundle: bundle.prn }} look="primary">
				Release {bundle.name ?? "the bundle"} to {params.product}/{params.cohort}
			</Link>
		);
	}
	if (!version) return <p>It takes something that is signed.</p>;
	return <BundleForm {...{ version, cohort }} />;
}

function releaseStep(there: Beginnings): Step {
	const { signed, cohort, bundle, release } = there;
	const place = cohort ? cohortPath(cohort) : "gateway/daily";
	const version = versionOf(signed) ?? "main-firmware/1.0.0";
	const name = bundle ? nameOf(bundle) : "spring";
	const create = bundle ? "" : `peridio bundles create --name spring --artifact-version ${quoted(version)}\n`;
	return {
		id: "release",
		words: "Release it to the cohort",
		done: release?.name,
		why: "A bundle is what devices install together, and a release gives it to a cohort: to all of it, or to a few first.",
		form: <ReleaseForm {...there} />,
		command: `${create}peridio releases create --cohort ${quoted(place)} --bundle ${quoted(name)} \\
  --name spring --version ${quoted(version.split("/").at(-1) ?? "1.0.0")}`,
	};
}

/** Devices use another listener, by default at this port. */
const deviceUrl = (): string => `https://${window.location.hostname}:8443`;

function deviceStep({ cohort }: Beginnings, device: Schemas["Device"] | undefined): Step {
	const place = cohort ? cohortPath(cohort) : "gateway/daily";
	const identifier = device?.identifier ?? "SN-000042";
	const create = `peridio devices create --identifier ${quoted(identifier)} \\
  --product ${quoted(place.split("/")[0] ?? "")} --cohort ${quoted(place)}\n`;
	return {
		id: "device",
		words: "Let the first device ask",
		done: device?.last_connected_at && (
			<>
				<Link to="/devices/$identifier" params={{ identifier }}>
					{identifier}
				</Link>{" "}
				has asked, <Time at={device.last_connected_at} />
			</>
		),
		why: "A device shows a certificate of its own. With a CA certificate, devices can also register themselves.",
		form: <FirstDevice {...{ device, cohort }} />,
		command: `${device ? "" : create}openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \\
  -subj /CN=${identifier} -addext basicConstraints=critical,CA:FALSE -keyout device.key -out device.pem
peridio device-certificates create --device ${quoted(identifier)} --certificate device.pem
curl -fsS --cert device.pem --key device.key --cacert device-ca.pem ${deviceUrl()}/update`,
	};
}

interface FirstDeviceProps {
	device: Schemas["Device"] | undefined;
	cohort: Schemas["Cohort"] | undefined;
}

function FirstDevice({ device, cohort }: FirstDeviceProps): ReactNode {
	if (device) {
		return (
			<p role="status" data-waits>
				<strong>{device.identifier} has not asked yet.</strong> This page waits for it. The last line below asks once;
				device-ca.pem is in the server’s data folder, and an agent keeps asking.
			</p>
		);
	}
	return cohort ? <DeviceForm cohort={cohort} /> : <p>It takes a cohort to register it in.</p>;
}

/** The steps in their order. */
export function stepsOf(there: Beginnings, device: Schemas["Device"] | undefined): Step[] {
	return [
		keyStep(there),
		uploadStep(there),
		signStep(there),
		cohortStep(there),
		releaseStep(there),
		deviceStep(there, device),
	];
}

import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, change, type Schemas } from "../../api/client";
import { meQuery, queryClient } from "../../api/queries";
import { Button } from "../../ui/button";
import { Copy } from "../../ui/copy";
import { Dialog } from "../../ui/dialog";
import { ErrorNote } from "../../ui/error_note";
import { TextField } from "../../ui/field";
import { Form } from "../../ui/form";
import { Time } from "../../ui/time";
import { notify } from "../../ui/toasts";
import { QrCode } from "./qr_code";
import styles from "./second_factor.module.css";

const askWhoAgain = () => queryClient.invalidateQueries({ queryKey: meQuery.queryKey });

/** The authenticator app: setting it up, creating new recovery codes, removing it. */
export function SecondFactor({ since }: { since: string | null }): ReactNode {
	const [codes, setCodes] = useState<readonly string[] | null>(null);
	return (
		<>
			{since ? <IsOn since={since} onCodes={setCodes} /> : <IsOff onCodes={setCodes} />}
			{codes && <RecoveryCodes codes={codes} onClose={() => setCodes(null)} />}
		</>
	);
}

interface WithCodes {
	onCodes: (codes: readonly string[]) => void;
}

function IsOff({ onCodes }: WithCodes): ReactNode {
	const begin = useMutation({ mutationFn: () => change(() => api.POST("/v1/users/me/totp", {})) });
	return (
		<div className={styles.stack}>
			<p>With it, a stolen password alone opens nothing.</p>
			{begin.error && <ErrorNote error={begin.error} />}
			<p>
				<Button onPress={() => begin.mutate()} isBusy={begin.isPending}>
					Set up an app…
				</Button>
			</p>
			{begin.data && <ConfirmApp begun={begin.data} onClose={begin.reset} onCodes={onCodes} />}
		</div>
	);
}

interface ConfirmAppProps extends WithCodes {
	begun: Schemas["TotpBegun"];
	onClose: () => void;
}

function ConfirmApp({ begun, onClose, onCodes }: ConfirmAppProps): ReactNode {
	const confirm = useMutation({
		mutationFn: ({ code }: Record<string, string>) =>
			change(() => api.POST("/v1/users/me/totp/confirm", { body: { code: (code ?? "").trim() } })),
		onSuccess: async ({ recovery_codes }) => {
			onCodes(recovery_codes);
			onClose();
			await askWhoAgain();
		},
	});
	return (
		<Dialog title="Set up an authenticator app" isOpen onClose={onClose}>
			<p>Scan this with the app, or type the secret into it. Then type the code that the app shows.</p>
			<div className={styles.secret}>
				<QrCode text={begun.url} label="QR code with the secret for the app" />
				<p className={styles.text}>
					<code>{begun.secret.match(/.{1,4}/g)?.join(" ")}</code>
					<Copy text={begun.secret} label="Copy the secret" />
				</p>
			</div>
			<Form
				label="Confirm the app"
				error={confirm.error}
				onSubmit={(values) => confirm.mutate(values)}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={confirm.isPending}>
							Switch it on
						</Button>
						<Button onPress={onClose}>Cancel</Button>
					</>
				}
			>
				<TextField
					label="Code from the app"
					name="code"
					inputMode="numeric"
					autoComplete="one-time-code"
					isRequired
					isMono
					autoFocus
				/>
			</Form>
		</Dialog>
	);
}

function IsOn({ since, onCodes }: WithCodes & { since: string }): ReactNode {
	const renew = useMutation({
		mutationFn: () => change(() => api.POST("/v1/users/me/recovery_codes", {})),
		onSuccess: ({ recovery_codes }) => onCodes(recovery_codes),
	});
	const remove = useMutation({
		mutationFn: () => change(() => api.DELETE("/v1/users/me/totp", {})),
		onSuccess: async () => {
			notify({ tone: "info", text: "The second factor is off. The password alone signs you in." });
			await askWhoAgain();
		},
	});
	const error = renew.error ?? remove.error;
	return (
		<div className={styles.stack}>
			<p>
				On, since <Time at={since} />.
			</p>
			{error && <ErrorNote error={error} />}
			<p className={styles.buttons}>
				<Button onPress={() => renew.mutate()} isBusy={renew.isPending}>
					New recovery codes
				</Button>
				<Button look="danger" onPress={() => remove.mutate()} isBusy={remove.isPending}>
					Switch it off
				</Button>
			</p>
		</div>
	);
}

function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }): ReactNode {
	return (
		<Dialog title="Your recovery codes" isOpen onClose={onClose}>
			<p>
				Each signs you in once, if the app is lost. They are shown only now: print them, or keep them in a password
				manager.
			</p>
			<ul className={styles.codes}>
				{codes.map((code) => (
					<li key={code}>
						<code>{code}</code>
					</li>
				))}
			</ul>
			<p className={styles.buttons}>
				<Button look="primary" onPress={onClose}>
					I have kept them
				</Button>
				<Copy text={codes.join("\n")} label="Copy all codes" />
			</p>
		</Dialog>
	);
}

// The dialogs for questions that the server asks during an operation (api/demands.ts).
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { answer, api } from "../api/client";
import { demand, settleDemand, useDemand } from "../api/demands";
import { isStatus } from "../api/errors";
import { meQuery, queryClient } from "../api/queries";
import { SignInForm } from "../resources/people/sign_in_form";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { PasswordField, TextField } from "../ui/field";
import { Form } from "../ui/form";

/** A read that is refused because the session has ended also opens the dialog. */
function useDemandAfterReads(): void {
	useEffect(
		() =>
			queryClient.getQueryCache().subscribe((event) => {
				if (event.type === "updated" && event.action.type === "error" && isStatus(event.action.error, 401)) {
					void demand("sign_in");
				}
			}),
		[],
	);
}

export function Demands(): ReactNode {
	const wanted = useDemand();
	useDemandAfterReads();
	if (wanted === "sign_in") return <SignInAgain />;
	if (wanted === "confirm") return <Confirm />;
	return null;
}

function SignInAgain(): ReactNode {
	const { data } = useQuery({ ...meQuery, enabled: false });
	const before = data?.user.prn;
	const done = async (): Promise<void> => {
		const me = await queryClient.fetchQuery({ ...meQuery, staleTime: 0 });
		// An operation that one person began must not continue as another person.
		if (before && me?.user.prn !== before) return window.location.reload();
		settleDemand(true);
		await queryClient.invalidateQueries();
	};
	return (
		<Dialog title="Your session has ended" isOpen onClose={() => settleDemand(false)}>
			<p>Sign in again to go on. What you typed is still there.</p>
			<SignInForm email={data?.user.email ?? undefined} onDone={() => void done()} />
		</Dialog>
	);
}

function Confirm(): ReactNode {
	const { data } = useQuery({ ...meQuery, enabled: false });
	const hasSecondFactor = Boolean(data?.user.second_factor_since);
	const confirm = useMutation({
		mutationFn: ({ password, code }: Record<string, string>) =>
			answer(api.POST("/v1/reauthenticate", { body: { password: password ?? "", code: code ? code.trim() : null } })),
		onSuccess: () => {
			settleDemand(true);
			void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
		},
	});
	return (
		<Dialog title="Is it you?" isOpen onClose={() => settleDemand(false)}>
			<p>What you are about to do takes your password once more. It then counts for 15 minutes.</p>
			<Form
				label="Confirm"
				error={confirm.error}
				onSubmit={(values) => confirm.mutate(values)}
				actions={
					<>
						<Button type="submit" look="primary" isBusy={confirm.isPending}>
							Go on
						</Button>
						<Button onPress={() => settleDemand(false)}>Cancel</Button>
					</>
				}
			>
				<PasswordField label="Password" name="password" autoComplete="current-password" isRequired autoFocus />
				{hasSecondFactor && (
					<TextField
						label="Code"
						name="code"
						help="From your authenticator app, or a recovery code."
						autoComplete="one-time-code"
						isRequired
						isMono
					/>
				)}
			</Form>
		</Dialog>
	);
}

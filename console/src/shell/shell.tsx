// The frame of every page for signed-in people: the navigation, the bar, the footer, and the dialogs of the whole console.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { startLive } from "../api/live";
import { basePath } from "../api/organization";
import { meQuery } from "../api/queries";
import { UploadBar } from "../resources/uploads/upload_bar";
import { Crash } from "../routes/crash";
import { SignInPage } from "../routes/sign_in";
import { Toasts } from "../ui/toasts";
import { Bar } from "./bar";
import { Boundary } from "./boundary";
import { Demands } from "./demands";
import { Footer } from "./footer";
import { keepFocus } from "./kept_focus";
import { KeyHelp } from "./key_help";
import { useKeys } from "./keys";
import { OrganizationChoice } from "./organization_choice";
import { Palette } from "./palette";
import { Rail } from "./rail";
import styles from "./shell.module.css";
import { useSignOut } from "./sign_out";
import { StopBar } from "./stop_bar";

/** A new page starts at its beginning for screen readers and keyboards. */
function useFocusOnNewPage(): React.RefObject<HTMLElement | null> {
	const main = useRef<HTMLElement>(null);
	const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname });
	const before = useRef(path);
	useEffect(() => {
		if (before.current !== undefined && before.current !== path) main.current?.focus({ preventScroll: true });
		before.current = path;
	}, [path]);
	return main;
}

/** The pages for signed-in people. For others, the sign-in form at the same address. */
export function Shell(): ReactNode {
	const { data, error, isPending, refetch } = useQuery(meQuery);
	if (isPending) return <div className={styles.waiting} aria-busy="true" />;
	if (data === undefined) return <Crash error={error} reset={() => void refetch()} />;
	if (data === null) return <SignInPage />;
	if (!data.user.organization_prn && basePath === "/") return <OrganizationChoice me={data.user} />;
	return <Frame />;
}

function Frame(): ReactNode {
	const [open, setOpen] = useState<"palette" | "keys" | null>(null);
	const openPalette = useCallback(() => setOpen("palette"), []);
	const openHelp = useCallback(() => setOpen("keys"), []);
	const close = useCallback(() => setOpen(null), []);
	const signOut = useSignOut();
	const main = useFocusOnNewPage();
	const path = useRouterState({ select: ({ location }) => location.pathname });
	const client = useQueryClient();
	useKeys({ openPalette, openHelp });
	useEffect(startLive, []);
	useEffect(keepFocus, []);
	return (
		<div className={styles.frame}>
			<a href="#main" className={styles.skip}>
				Skip to the page
			</a>
			<Rail />
			<div className={styles.column}>
				<Bar openPalette={openPalette} openHelp={openHelp} signOut={signOut} />
				<StopBar />
				<UploadBar />
				<main id="main" ref={main} tabIndex={-1} className={styles.main}>
					<Boundary key={path} onReset={() => void client.invalidateQueries()}>
						<Outlet />
					</Boundary>
				</main>
				<Footer />
			</div>
			<Palette isOpen={open === "palette"} onClose={close} openHelp={openHelp} signOut={signOut} />
			<KeyHelp isOpen={open === "keys"} onClose={close} />
			<Demands />
			<Toasts />
		</div>
	);
}

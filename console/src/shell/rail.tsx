import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { scopes } from "../api/generated/scopes";
import { hasScope } from "../api/permissions";
import { meQuery } from "../api/queries";
import { Link } from "../ui/link";
import { PLACES } from "./places";
import styles from "./rail.module.css";

/** The navigation: on the left, or on a phone at the bottom. Places that the viewer may not see are left out. */
export function Rail(): ReactNode {
	const { data } = useQuery(meQuery);
	const granted = data?.user.scopes ?? [];
	const { pathname } = useLocation();
	const places = PLACES.filter(({ isInRail, needs }) => isInRail && (!needs || hasScope(granted, scopes[needs])));
	return (
		<nav className={styles.rail} aria-label="Places">
			<div className={styles.inside}>
				<p className={styles.organization}>
					<svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
						<path className={styles.gem1} d="M16 2 28 9v14l-12 7L4 23V9z" />
						<path className={styles.gem2} d="M16 2 28 9l-12 7L4 9z" />
						<path className={styles.gem3} d="M16 16v14L4 23V9z" />
					</svg>
					<span className={styles.name}>{data?.user.organization_name ?? "Olivine"}</span>
				</p>
				<ul className={styles.places}>
					{places.map(({ to, also, words, icon: Icon }) => (
						<li key={to}>
							<Link
								to={to}
								look="plain"
								className={styles.place ?? ""}
								activeOptions={{ exact: to === "/", includeSearch: false }}
								activeProps={{ "aria-current": "page" }}
								{...(also?.some((path) => pathname.startsWith(path)) ? { "aria-current": "page" } : {})}
							>
								<Icon size={18} aria-hidden />
								<span>{words}</span>
							</Link>
						</li>
					))}
				</ul>
			</div>
		</nav>
	);
}

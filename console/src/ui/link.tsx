import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./link.module.css";

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
	/** `plain` is for names in tables and lists; `button` looks like a button. */
	look?: "text" | "plain" | "button" | "primary";
	ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ look = "text", className, ...rest }: AnchorProps): ReactNode {
	return <a {...rest} className={`${styles.link} ${styles[look]} ${className ?? ""}`} />;
}

/** A link to a page of the console, with the types of that page's path and search. */
export const Link = createLink(Anchor);

/** A link to a file that the browser saves. */
export function FileLink({ href, children }: { href: string; children: ReactNode }): ReactNode {
	return (
		<Anchor href={href} look="button" download>
			{children}
		</Anchor>
	);
}

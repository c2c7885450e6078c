import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import type { Permission } from "../api/permissions";
import styles from "./button.module.css";
import { notify } from "./toasts";

interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
	children: ReactNode;
	/** `primary`: the main action, one per page. `danger`: an action that removes something. */
	look?: "primary" | "plain" | "danger" | "quiet";
	size?: "normal" | "small";
	/** Why the action is not allowed. The button is then disabled and shows the reason, also to keyboards and screen readers. */
	permission?: Permission;
	/** Whether it waits for the server. */
	isBusy?: boolean;
}

export function Button({
	children,
	look = "plain",
	size = "normal",
	permission,
	isBusy,
	onPress,
	...rest
}: ButtonProps): ReactNode {
	const reason = permission && !permission.allowed ? permission.reason : undefined;
	const explain = (): void => notify({ tone: "info", text: reason ?? "" });
	const press = isBusy ? undefined : reason ? explain : onPress;
	return (
		<AriaButton
			{...rest}
			{...(press ? { onPress: press } : {})}
			{...(reason && rest["aria-label"] ? { "aria-label": `${rest["aria-label"]} (not allowed: ${reason})` } : {})}
			// A form is not sent twice, and the button keeps the focus.
			type={isBusy || reason ? "button" : (rest.type ?? "button")}
			data-busy={isBusy || undefined}
			className={`${styles.button} ${styles[look]} ${styles[size]} ${reason ? styles.refused : ""}`}
		>
			<span className={styles.label}>{children}</span>
			{isBusy && <span className="visually-hidden"> (working)</span>}
			{reason && <span className="visually-hidden"> (not allowed: {reason})</span>}
		</AriaButton>
	);
}

import type { ReactNode } from "react";
import { encode } from "uqr";
import styles from "./qr_code.module.css";

/** A text as a QR code. It is drawn in the browser, because the text contains a secret. */
export function QrCode({ text, label }: { text: string; label: string }): ReactNode {
	const { data, size } = encode(text, { ecc: "M", border: 3 });
	const path = data
		.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
		.filter(Boolean)
		.join("");
	return (
		<svg
			className={styles.code}
			viewBox={`0 0 ${size} ${size}`}
			role="img"
			aria-label={label}
			shapeRendering="crispEdges"
		>
			<rect width={size} height={size} fill="#fff" />
			<path d={path} fill="#000" />
		</svg>
	);
}

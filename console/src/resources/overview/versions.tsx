import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Link } from "../../ui/link";
import { count, counted } from "../../words/counts";
import styles from "./versions.module.css";

/** The maximum number of bars. The rest is shown as one line. */
const MOST_BARS = 8;

interface BarProps {
	version: string | null;
	devices: number;
	most: number;
}

function Bar({ version, devices, most }: BarProps): ReactNode {
	const name = version ?? "nothing reported";
	return (
		<li className={styles.row}>
			{version ? (
				<Link to="/devices" search={{ version }} look="plain" className={styles.version ?? ""}>
					{name}
				</Link>
			) : (
				<span className={styles.unknown}>{name}</span>
			)}
			<svg className={styles.bar} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
				<rect className={styles.track} width="100" height="8" rx="1" />
				<rect
					className={version ? styles.filled : styles.faint}
					width={Math.max(1, (devices / most) * 100)}
					height="8"
					rx="1"
				/>
			</svg>
			<span className={styles.count}>
				{count(devices)}
				<span className="visually-hidden"> devices</span>
			</span>
		</li>
	);
}

function Product({ product }: { product: Schemas["ProductCount"] }): ReactNode {
	const versions = [...product.versions].sort((one, other) => other.devices - one.devices);
	const rest = versions.slice(MOST_BARS);
	const most = Math.max(1, ...versions.map(({ devices }) => devices));
	return (
		<div className={styles.product}>
			<h3>
				{product.product?.name ?? "A product"}{" "}
				<span className={styles.total}>{counted(product.devices, "device", "devices")}</span>
			</h3>
			<ul className={styles.bars}>
				{versions.slice(0, MOST_BARS).map(({ version, devices }) => (
					<Bar key={version ?? ""} version={version ?? null} devices={devices} most={most} />
				))}
			</ul>
			{rest.length > 0 && (
				<p className={styles.total}>and {counted(rest.length, "further version", "further versions")}</p>
			)}
		</div>
	);
}

/** The number of devices of each product by version. */
export function Versions({ summary }: { summary: Schemas["DeviceSummary"] }): ReactNode {
	const products = summary.products.filter(({ devices }) => devices > 0);
	return (
		<div className={styles.products}>
			{products.map((product) => (
				<Product key={product.product_prn} product={product} />
			))}
		</div>
	);
}

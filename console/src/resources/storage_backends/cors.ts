// The CORS rule with which a storage lets browsers upload, as a command of the storage's own tool.

/** A bucket or container. */
export interface Place {
	kind: "s3" | "gs" | "az";
	bucket: string;
	/** For an S3-compatible storage that is not Amazon's. */
	endpoint?: string | undefined;
	/** For Azure. */
	account?: string | undefined;
}

const firstOf = (path: string): string => path.split("/").find(Boolean) ?? "";

/** The bucket of a registered storage: `s3://bucket/prefix`. */
export function placeOfStorage(url: string, endpoint: string | null | undefined): Place {
	const [scheme = "", path = ""] = url.split("://");
	const kind = scheme === "gs" || scheme === "az" ? scheme : "s3";
	return { kind, bucket: firstOf(path), endpoint: endpoint ?? undefined };
}

/** The bucket in the URL of a part. */
export function placeOfAddress(address: string): Place {
	const { hostname, origin, pathname } = new URL(address);
	const amazon = /^(?:(.+)\.)?s3[.-][\w.-]*amazonaws\.com$/.exec(hostname);
	if (amazon) return { kind: "s3", bucket: amazon[1] ?? firstOf(pathname) };
	if (hostname.endsWith("googleapis.com")) {
		const named = hostname.replace(/\.?storage\.googleapis\.com$/, "");
		return { kind: "gs", bucket: named || firstOf(pathname) };
	}
	if (hostname.includes(".blob.core.")) {
		return { kind: "az", bucket: firstOf(pathname), account: hostname.split(".")[0] };
	}
	return { kind: "s3", bucket: firstOf(pathname), endpoint: origin };
}

/** The rule that lets pages of an origin upload, the tool that applies it, and its effect on other rules. */
export function corsCommand(
	{ kind, bucket, endpoint, account }: Place,
	origin: string,
): { label: string; text: string } {
	if (kind === "gs") {
		const rule = [{ origin: [origin], method: ["PUT"], responseHeader: ["*"], maxAgeSeconds: 3600 }];
		const text = `cat > cors.json <<'END'\n${JSON.stringify(rule, null, 2)}\nEND\ngcloud storage buckets update gs://${bucket} --cors-file=cors.json`;
		return { label: "The rule, with gcloud: it replaces others", text };
	}
	if (kind === "az") {
		const whose = account ? ` --account-name ${account}` : "";
		const text = `az storage cors add${whose} --services b --methods PUT \\\n  --origins ${origin} --allowed-headers '*' --max-age 3600`;
		return { label: "The rule, with az: it is added to others", text };
	}
	const rule = { CORSRules: [{ AllowedOrigins: [origin], AllowedMethods: ["PUT"], AllowedHeaders: ["*"] }] };
	const where = endpoint ? ` \\\n  --endpoint-url ${endpoint}` : "";
	const text = `aws s3api put-bucket-cors --bucket ${bucket}${where} \\\n  --cors-configuration '${JSON.stringify(rule)}'`;
	return { label: "The rule, with aws: it replaces others", text };
}

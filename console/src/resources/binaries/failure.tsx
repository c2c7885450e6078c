import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { Button } from "../../ui/button";
import { Properties } from "../../ui/properties";
import { Time } from "../../ui/time";
import styles from "./failure.module.css";
import type { BinaryActions } from "./use_binary_actions";

const WHY: Record<string, string> = {
	hash_mismatch: "The content in storage is not the one whose hash was declared.",
	size_mismatch: "The content in storage does not have the size that was declared.",
	storage_failed: "The storage did not let the server read the content.",
};

interface FailureProps {
	error: Schemas["VerificationError"];
	actions: BinaryActions;
}

/** Why the verification failed, and the two ways on. */
export function VerificationFailure({ error, actions }: FailureProps): ReactNode {
	const { code, expected, actual, at } = error;
	return (
		<section className={styles.failure} aria-label="Failed verification">
			<p className={styles.why}>{WHY[code] ?? code}</p>
			<Properties
				rows={{
					Expected: expected ? <code>{expected}</code> : null,
					Actual: actual ? <code>{actual}</code> : null,
					When: <Time at={at} />,
				}}
			/>
			<ul className={styles.ways}>
				<li>
					<Button permission={actions.permission} isBusy={actions.isBusy} onPress={() => actions.go("hashing")}>
						Verify again
					</Button>
					<span>The content stays. This helps where the storage failed.</span>
				</li>
				<li>
					<Button permission={actions.permission} isBusy={actions.isBusy} onPress={() => actions.go("uploadable")}>
						Reset and upload again
					</Button>
					<span>
						What was uploaded is discarded. If the declared hash is wrong, delete this binary and make another.
					</span>
				</li>
			</ul>
		</section>
	);
}

import { useSyncExternalStore } from "react";
import { subscribe, type Upload, uploads } from "../../upload/uploads";

/** All uploads of this browser, as they change. */
export function useUploads(): readonly Upload[] {
	return useSyncExternalStore(subscribe, uploads);
}

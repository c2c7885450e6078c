import { useCallback } from "react";
import { api } from "../api/client";

/** Ends the session and clears the cache. */
export function useSignOut(): () => void {
	return useCallback(() => {
		void api.POST("/v1/sign_out", {}).finally(() => window.location.assign("/"));
	}, []);
}

import "@tanstack/react-query";

declare module "@tanstack/react-query" {
	interface Register {
		queryMeta: {
			/** Fetched again after any change in the organization. */
			followsAll?: boolean;
			/** Fetched again now and then while devices report. */
			followsDevices?: boolean;
		};
	}
}

import "@tanstack/react-query";

declare module "@tanstack/react-query" {
	interface Register {
		queryMeta: {
			/** Asked again after any change in the organization. */
			followsAll?: boolean;
			/** Asked again, now and then, while devices report. */
			followsDevices?: boolean;
		};
	}
}

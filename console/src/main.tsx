// Starts the console.
import "./trusted_types";
import "./ui/theme.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { router } from "./router";
import { followSystemTheme } from "./ui/theme";
import { loadWidgetsWhenIdle } from "./ui/widgets";

const container = document.getElementById("app");
if (container) {
	followSystemTheme();
	createRoot(container).render(
		<StrictMode>
			<QueryClientProvider client={queryClient}>
				<RouterProvider router={router} />
			</QueryClientProvider>
		</StrictMode>,
	);
	loadWidgetsWhenIdle();
}

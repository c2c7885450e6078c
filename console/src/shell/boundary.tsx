import { Component, type ReactNode } from "react";
import { Crash } from "../routes/crash";

interface BoundaryProps {
	children: ReactNode;
	onReset: () => void;
}

/** If a page fails, only that page fails: the navigation and the other pages continue to work. */
export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
	override state: { error: Error | null } = { error: null };

	static getDerivedStateFromError(error: Error): { error: Error } {
		return { error };
	}

	override render(): ReactNode {
		if (!this.state.error) return this.props.children;
		const reset = (): void => {
			this.props.onReset();
			this.setState({ error: null });
		};
		return <Crash error={this.state.error} reset={reset} />;
	}
}

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleUserRound, Keyboard, LogOut, Moon, Search, Sun, SunMoon, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { meQuery } from "../api/queries";
import { Menu } from "../ui/menu";
import { chooseTheme } from "../ui/theme";
import styles from "./bar.module.css";
import { Bell } from "./bell";

interface BarProps {
	openPalette: () => void;
	openHelp: () => void;
	signOut: () => void;
}

const SHORTCUT = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K";

/** The bar above each page: the command palette, and the person's menu. */
export function Bar({ openPalette, openHelp, signOut }: BarProps): ReactNode {
	const { data } = useQuery(meQuery);
	const navigate = useNavigate();
	const name = data?.user.name ?? "";
	return (
		<header className={styles.bar}>
			<p className={styles.organization}>{data?.user.organization_name ?? "Olivine"}</p>
			<AriaButton className={styles.search ?? ""} onPress={openPalette}>
				<Search size={16} aria-hidden />
				<span className={styles.words}>Go to…</span>
				<kbd className={styles.key} aria-hidden>
					{SHORTCUT}
				</kbd>
			</AriaButton>
			<Bell />
			<Menu
				label={`Your account, ${name}`}
				entries={[
					{
						id: "account",
						words: "Account",
						icon: <UserRound size={16} aria-hidden />,
						onAction: () => void navigate({ to: "/account" }),
					},
					{ id: "light", words: "Light", icon: <Sun size={16} aria-hidden />, onAction: () => chooseTheme("light") },
					{ id: "dark", words: "Dark", icon: <Moon size={16} aria-hidden />, onAction: () => chooseTheme("dark") },
					{
						id: "system",
						words: "As the system",
						icon: <SunMoon size={16} aria-hidden />,
						onAction: () => chooseTheme("system"),
					},
					{ id: "keys", words: "Keys", icon: <Keyboard size={16} aria-hidden />, onAction: openHelp },
					{ id: "out", words: "Sign out", icon: <LogOut size={16} aria-hidden />, onAction: signOut },
				]}
			>
				<CircleUserRound size={18} aria-hidden />
				<span className={styles.name}>{name}</span>
			</Menu>
		</header>
	);
}

// LIFF URLs tapped in a chat open as LINE opens them: the page learns which person tapped.

const LIFF_URL = /^(?:https:\/\/(?:liff|miniapp)\.line\.me|ORIGIN\/liff)\/([0-9]{10}-[A-Za-z0-9]{8})([/?#].*)?$/.source;
const ESCAPED = location.origin.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const PATTERN = new RegExp(LIFF_URL.replace("ORIGIN", ESCAPED));
const PHONE = "noopener,noreferrer,popup=yes,width=400,height=780";

export const isLiff = (address) => PATTERN.test(address);

export function openLiff(lineUserId, address) {
  const [, liffId, state] = PATTERN.exec(address);
  const path = `/simulator/people/${lineUserId}/liff/${liffId}?state=${encodeURIComponent(state || "")}`;
  window.open(path, "_blank", PHONE);
}

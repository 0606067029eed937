// The LIFF endpoint: LINE's script leads on to the page that was asked for; without one there is nothing to see here.

"use strict";

(() => {
  const show = () => {
    document.getElementById("waiting").hidden = true;
    document.getElementById("arrived").hidden = false;
    document.getElementById("close").addEventListener("click", liffPage.close);
  };

  const leadOn = () => {
    const state = new URLSearchParams(location.search).get("liff.state") || "";
    if (/^\/?[qgr]\/[A-Za-z0-9_-]+(?:[/?#]|$)/.test(state)) location.replace(`/liff/${state.replace(/^\//, "")}`);
    else show();
  };

  liffPage.init().then(leadOn, (error) => {
    document.getElementById("waiting").hidden = true;
    liffPage.fail(error, () => location.reload());
  });
})();

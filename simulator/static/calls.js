// Calls of the simulator's control API.

export async function call(method, path, body, signal) {
  const options = { method, signal, headers: {} };
  if (body instanceof Blob) {
    options.body = body;
    options.headers["Content-Type"] = body.type || "application/octet-stream";
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(`/simulator/${path}`, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || `HTTP ${answer.status}`);
  return told;
}

export const person = (lineUserId, act, body = {}) => call("POST", `people/${lineUserId}/${act}`, body);

"""A second tool that listens to the same account."""

import requests

from bot.errors import GatewayError, GatewayRefusedError

CONNECT_SECONDS, READ_SECONDS = 3, 10
SERVER_ERRORS = 500


class ForwardingGateway:
    """Posts webhooks on as LINE would. Redirects are not followed, so that nothing goes where staff did not say."""

    def forward(self, url: str, body: bytes, *, signature: str) -> None:
        """Post one body, byte for byte, with LINE's signature. Raises GatewayError unless the answer is 2xx.

        Below 500 it is GatewayRefusedError: the tool is there, and did not like this one.
        """
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Line-Signature": signature,
            "User-Agent": "LineBotWebhook/2.0",
        }
        try:
            answer = requests.post(
                url, data=body, headers=headers, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False
            )
        except requests.RequestException as error:
            raise GatewayError("第二個系統沒有回應（%(kind)s）", kind=type(error).__name__) from error
        if answer.status_code >= SERVER_ERRORS:
            raise GatewayError("第二個系統回了 %(code)s", code=answer.status_code)
        if not answer.ok or answer.is_redirect:
            status = answer.status_code
            raise GatewayRefusedError("第二個系統回了 %(code)s", status=status, code=status)

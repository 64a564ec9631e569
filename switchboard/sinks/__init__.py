"""Where mail and texts go when no provider is named: a real SMTP server and a texting API like Twilio's, with pages."""

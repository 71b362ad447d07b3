"""What analysts ask and take away: questions, exports, feedback sheets, the browser."""

"""Files for Excel, Power BI and statistics: what a team may see of its scores and answers, and what was released."""
